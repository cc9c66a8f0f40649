import type { Changes } from '../changes.ts'

type Call = { readonly startedAtMs: number; readonly isWaitedFor: boolean }

type Entry<C> = { readonly variables: string; readonly call: C; readonly after: number }

/** n.b. a viewer has one read of a document under way, nearly always: its variables are compared, and not hashed. */
type CallsOfViewers<C> = Map<string, Entry<C> | Map<string, Entry<C>>>

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
      const known = ofDocuments.get(document)?.get(identity)
      const found = known instanceof Map ? known.get(variables) : known
      if (found?.variables !== variables || found.after !== changes.count()) return undefined
      const { call } = found
      return call.isWaitedFor && Date.now() - call.startedAtMs <= joinableForMs ? call : undefined
    },
    add: ({ document, identity, variables }: Read, call: C): void => {
      const entry = { variables, call, after: changes.count() }
      let ofViewers = ofDocuments.get(document)
      if (ofViewers === undefined) {
        ofViewers = new Map()
        ofDocuments.set(document, ofViewers)
      }
      const known = ofViewers.get(identity)
      if (known instanceof Map) known.set(variables, entry)
      else if (known === undefined || known.variables === variables) ofViewers.set(identity, entry)
      else {
        const several = [known, entry].map(each => [each.variables, each] as const)
        ofViewers.set(identity, new Map(several))
      }
    },
    remove: ({ document, identity, variables }: Read, call: C): void => {
      const ofViewers = ofDocuments.get(document)
      const known = ofViewers?.get(identity)
      if (!(known instanceof Map)) {
        if (known?.call === call) ofViewers?.delete(identity)
        return
      }
      if (known.get(variables)?.call !== call) return
      known.delete(variables)
      if (known.size === 0) ofViewers?.delete(identity)
    },
  }
}
