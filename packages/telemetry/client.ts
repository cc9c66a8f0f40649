import type { Span } from './span.ts'

/** What a client calls itself, in its headers or in the parameters of its connection. */
export type ClientNames = { readonly name: string | undefined; readonly version: string | undefined }

/** Reads the names that Apollo's clients, and others, send as `apollographql-client-name` and `-version`. */
export const clientNamesIn = (values: Readonly<Record<string, unknown>>): ClientNames | undefined => {
  const name = nameIn(values['apollographql-client-name'])
  const version = nameIn(values['apollographql-client-version'])
  return name === undefined && version === undefined ? undefined : { name, version }
}

/** Tells a span which client asks. */
export const tellClient = (span: Span, client: ClientNames | undefined): void => {
  if (client === undefined) return
  span.set('supergraph.client.name', client.name)
  span.set('supergraph.client.version', client.version)
}

/** n.b. what is no name may be anything. */
const nameIn = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\w./+ -]{1,60}$/.test(value) ? value : undefined
