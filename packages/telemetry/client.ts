import type { Span } from './span.ts'

/** What a client calls itself, in its headers or in the parameters of its connection. */
export type ClientNames = { readonly name: string | undefined; readonly version: string | undefined }

/** Reads what a client sends as `apollographql-client-name` and `-version`, or as `graphql-client-name` and `-version`. */
export const clientNamesIn = (said: Readonly<Record<string, unknown>>): ClientNames | undefined => {
  const name = nameIn(said['apollographql-client-name'] ?? said['graphql-client-name'])
  const version = nameIn(said['apollographql-client-version'] ?? said['graphql-client-version'])
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
