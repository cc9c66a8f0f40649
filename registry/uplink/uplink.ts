import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { foreignGraph, unknownKey } from '../api/caller.ts'
import { findServed } from '../database/graph-store.ts'
import { findGrant } from '../database/key-store.ts'
import { readSupergraph } from '../database/version-store.ts'
import { type GraphRef, parseGraphRef, textOf } from '../graph-ref.ts'

const fetching = z.object({ ref: z.string(), apiKey: z.string(), ifAfterId: z.string().nullish() })

const noEntitlement = 'none'

/** The root of Uplink's queries; clients are told to ask again after `pollSeconds`. */
export const createUplinkRoot = (database: DataSource, pollSeconds: number) => {
  const fail = (code: string, message: string) => ({
    __typename: 'FetchError',
    code,
    message,
    minDelaySeconds: pollSeconds,
  })
  const unchanged = (id: string) => ({ __typename: 'Unchanged', id, minDelaySeconds: pollSeconds })

  /** Answers for a reference, if the key opens it. */
  const answer = async (
    { ref: text, apiKey }: z.output<typeof fetching>,
    found: (ref: GraphRef) => Promise<object>,
  ): Promise<object> => {
    const grant = await findGrant(database, apiKey)
    if (grant === undefined) return fail('AUTHENTICATION_FAILED', unknownKey)
    const ref = parseGraphRef(text)
    if (ref === undefined) return fail('UNKNOWN_REF', `${text} is no reference such as shop@current`)
    if (ref.graph !== grant.graph) return fail('ACCESS_DENIED', foreignGraph(grant, ref.graph))
    return found(ref)
  }

  return {
    routerConfig: (given: unknown) => {
      const asked = fetching.parse(given)
      return answer(asked, async ref => {
        const served = await findServed(database, ref)
        if (served === undefined)
          return fail('UNKNOWN_REF', `${textOf(ref)} serves nothing: no publish has composed`)
        if (asked.ifAfterId === String(served)) return unchanged(asked.ifAfterId)
        const supergraph = await readSupergraph(database, ref, served)
        return {
          __typename: 'RouterConfigResult',
          id: String(served),
          supergraphSDL: supergraph?.supergraph,
          minDelaySeconds: pollSeconds,
          messages: [],
        }
      })
    },

    routerEntitlements: (given: unknown) => {
      const asked = fetching.parse(given)
      return answer(asked, async () =>
        asked.ifAfterId === noEntitlement
          ? unchanged(noEntitlement)
          : {
              __typename: 'RouterEntitlementsResult',
              id: noEntitlement,
              minDelaySeconds: pollSeconds,
              entitlement: null,
            },
      )
    },
  }
}
