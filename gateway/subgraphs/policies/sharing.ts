import type { FetchDocument } from '../call.ts'
import type { Changes } from '../changes.ts'

type Call = { readonly startedAtMs: number; readonly isWaitedFor: boolean }

/**
 * Finds the read under way that is equal to another: of the same document, variables and identity, begun at most
 * `joinableForMs` ago and since the last change, so that who joins it reads what they wrote.
 */
export const createSharing = <C extends Call>(joinableForMs: number, changes: Changes) => {
  const underWay = new WeakMap<FetchDocument, Map<string, { readonly call: C; readonly after: number }>>()
  return {
    find: (document: FetchDocument, key: string): C | undefined => {
      const found = underWay.get(document)?.get(key)
      if (found === undefined || found.after !== changes.count()) return undefined
      const { call } = found
      return call.isWaitedFor && Date.now() - call.startedAtMs <= joinableForMs ? call : undefined
    },
    add: (document: FetchDocument, key: string, call: C): void => {
      const calls = underWay.get(document) ?? new Map()
      underWay.set(document, calls.set(key, { call, after: changes.count() }))
    },
    remove: (document: FetchDocument, key: string, call: C): void => {
      const calls = underWay.get(document)
      if (calls?.get(key)?.call === call) calls.delete(key)
    },
  }
}
