import type { Grant } from '../database/key-store.ts'
import { mayAct, type Role } from '../keys.ts'
import { Refusal } from '../refusal.ts'

/** What a caller is told whose key opens nothing. */
export const unknownKey = 'the registry does not know this key, or it was revoked'

/** What a caller is told whose key is one of another graph. */
export const foreignGraph = (caller: Grant, graph: string): string =>
  `this key is one of the graph ${caller.graph}: it opens nothing of ${graph}`

/** Throws a Refusal unless the caller's key is one of this graph. */
export const demandGraph = (caller: Grant, graph: string): void => {
  if (caller.graph !== graph) throw new Refusal('FORBIDDEN', foreignGraph(caller, graph))
}

/** Throws a Refusal unless the caller's key has a role, or one that may do more. */
export const demandRole = (caller: Grant, role: Role): void => {
  if (!mayAct(caller.role, role))
    throw new Refusal(
      'FORBIDDEN',
      `this key may only ${caller.role}: what you ask for needs a key with the role ${role}, which npm run registry -- keys add makes`,
    )
}
