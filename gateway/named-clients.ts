import { clientNamesIn, saidOfClient } from '@supergraph/telemetry/client.ts'

/** What a client calls itself: one object for each name and version, as long as there are few of them. */
export type NamedClient = {
  /** Empty if it has none. */
  readonly name: string
  /** Empty if it has none. */
  readonly version: string
  /** The name, if metrics may have it. */
  readonly listedName: string | undefined
}

/** Finds which client sent a request's headers, or what a socket's client says of itself. */
export type NamedClientIn = (said: Readonly<Record<string, unknown>>) => NamedClient

const maxKnown = 1_000
/** A client that does not name itself. */
export const unnamedClient: NamedClient = { name: '', version: '', listedName: undefined }

/** Metrics may have the names that are listed. n.b. whatever else a client calls itself may be made up */
export const createNamedClientIn = (listedNames: readonly string[]): NamedClientIn => {
  const known = new Map<unknown, Map<unknown, NamedClient>>()
  let size = 0

  const keep = (name: string, version: string, client: NamedClient): NamedClient => {
    if (size >= maxKnown) {
      known.clear()
      size = 0
    }
    size += 1
    const ofName = known.get(name) ?? new Map<unknown, NamedClient>()
    known.set(name, ofName.set(version, client))
    return client
  }

  return said => {
    const saidName = saidOfClient(said, 'name') ?? ''
    const saidVersion = saidOfClient(said, 'version') ?? ''
    if (saidName === '' && saidVersion === '') return unnamedClient
    const found = known.get(saidName)?.get(saidVersion)
    if (found !== undefined) return found
    const { name = '', version = '' } = clientNamesIn(said) ?? {}
    const listedName = listedNames.find(listed => listed === saidName)
    const key = listedName ?? name
    if (key === '' && version === '') return unnamedClient
    return known.get(key)?.get(version) ?? keep(key, version, { name, version, listedName })
  }
}
