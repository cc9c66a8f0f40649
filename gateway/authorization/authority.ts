import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { Requirement, Requirements } from './requirements.ts'

/** What a viewer may do, as far as the supergraph asks for it; authorities with equal keys are equal. */
export type Authority = {
  readonly key: string
  readonly meets: (requirement: Requirement) => boolean
  /** What both this authority and the other one may do. */
  readonly and: (other: Authority) => Authority
  readonly scopes: readonly string[] | undefined
}

/** All scopes that the supergraph asks for. */
export const askedScopes = ({ types, fields }: Requirements): readonly string[] => [
  ...new Set([...types.values(), ...fields.values()].flat(3)),
]

const maxShared = 1_000

/** Tells the authority of viewers. Scopes that the supergraph does not ask for make no difference. */
export const createAuthorityOf = (requirements: Requirements): ((viewer: Viewer) => Authority) => {
  const asked = new Set(askedScopes(requirements))
  const known = new WeakMap<Viewer, Authority>()
  // n.b. nearly all viewers have the scopes of others; scopes come from tokens that users has signed, so they are few
  const ofScopes = new Map<string, Authority>()
  return viewer => {
    const before = known.get(viewer)
    if (before !== undefined) return before
    const scopes = viewer.kind === 'anonymous' ? undefined : viewer.scopes.filter(scope => asked.has(scope))
    const made = createAuthority(scopes)
    const authority = ofScopes.get(made.key) ?? made
    if (ofScopes.size < maxShared) ofScopes.set(made.key, authority)
    known.set(viewer, authority)
    return authority
  }
}

const createAuthority = (scopes: readonly string[] | undefined): Authority => {
  const held = new Set(scopes)
  return {
    key: scopes === undefined ? 'anonymous' : `scopes ${[...held].sort().join(' ')}`,
    scopes,
    meets: requirement =>
      scopes !== undefined && requirement.some(set => set.every(scope => held.has(scope))),
    and: other =>
      createAuthority(
        scopes === undefined || other.scopes === undefined
          ? undefined
          : other.scopes.filter(scope => held.has(scope)),
      ),
  }
}
