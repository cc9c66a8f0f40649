import type { Span } from './span.ts'

/** What a client calls itself, in its headers or in the parameters of its connection. */
export type ClientNames = { readonly name: string | undefined; readonly version: string | undefined }

type Said = Readonly<Record<string, unknown>>

/** What a client sends as `apollographql-client-name` or `graphql-client-name`, or with `version` in the place of `name`. */
export const saidOfClient = (said: Said, what: 'name' | 'version'): unknown =>
  said[`apollographql-client-${what}`] ?? said[`graphql-client-${what}`]

/** Reads what a client calls itself; what is no name is left out. */
export const clientNamesIn = (said: Said): ClientNames | undefined => {
  const name = nameIn(saidOfClient(said, 'name'))
  const version = nameIn(saidOfClient(said, 'version'))
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
