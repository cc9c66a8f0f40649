import type { Changes } from '../changes.ts'

type Call = { readonly startedAtMs: number; readonly isWaitedFor: boolean }

/** n.b. by the text of the token, then of the variables: both together would be hashed anew for each read. */
type CallsOfViewers<C> = Map<string, Map<string, { readonly call: C; readonly after: number }>>

/** What makes reads equal. */
type Read = { readonly document: object; readonly identity: string; readonly variables: string }

/**
 * Finds the read under way that is equal to another: of the same document, variables and identity, begun at most
 * `joinableForMs` ago and since the last change, so that who joins it reads what they wrote.
 */
export const createSharing = <C extends Call>(joinableForMs: number, changes: Changes) => {
  const ofDocuments = new WeakMap<Read['document'], CallsOfViewers<C>>()
  return {
    find: ({ document, identity, variables }: Read): C | undefined => {
      const found = ofDocuments.get(document)?.get(identity)?.get(variables)
      if (found === undefined || found.after !== changes.count()) return undefined
      const { call } = found
      return call.isWaitedFor && Date.now() - call.startedAtMs <= joinableForMs ? call : undefined
    },
    add: ({ document, identity, variables }: Read, call: C): void => {
      const entry = { call, after: changes.count() }
      const ofViewers: CallsOfViewers<C> = ofDocuments.get(document) ?? new Map()
      const calls = ofViewers.get(identity)
      if (calls === undefined) ofViewers.set(identity, new Map([[variables, entry]]))
      else calls.set(variables, entry)
      ofDocuments.set(document, ofViewers)
    },
    remove: ({ document, identity, variables }: Read, call: C): void => {
      const ofViewers = ofDocuments.get(document)
      const calls = ofViewers?.get(identity)
      if (calls?.get(variables)?.call !== call) return
      if (calls.size > 1) calls.delete(variables)
      else ofViewers?.delete(identity)
    },
  }
}
