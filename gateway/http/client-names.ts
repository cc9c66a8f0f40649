import { saidOfClient } from '@supergraph/telemetry/client.ts'

/** What gives the name of a client, of those that metrics may have; undefined if it has none or another one. */
export type ClientNameIn = (said: Readonly<Record<string, unknown>>) => string | undefined

/** Takes the name from a request's headers, or from what a socket's client says of itself. */
export const createClientNameIn =
  (names: readonly string[]): ClientNameIn =>
  said => {
    if (names.length === 0) return undefined
    const name = saidOfClient(said, 'name')
    return names.find(known => known === name)
  }
