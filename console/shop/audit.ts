import { messageOf } from '@supergraph/runtime/error-text.ts'
import { z } from 'zod'
import type { ShopAct } from '../pages/views.ts'
import type { AskGateway } from './gateway.ts'

/** The shop's own audit log, which only admins of the shop may read; `silence` is why it says nothing. */
export type ShopAudit = {
  readonly latest: (
    accessToken: string | undefined,
  ) => Promise<{ readonly shopActs: readonly ShopAct[]; readonly silence: string | null }>
}

const perPage = 100

/** Asks the gateway in the name of whoever looks. n.b. never as the console's own account, which may see less or more than they */
export const createShopAudit = (ask: AskGateway): ShopAudit => ({
  latest: async accessToken => {
    if (accessToken === undefined) return { shopActs: [], silence: notSignedIn }
    try {
      const { data, errors } = answer.parse(await ask('audit-log', { first: perPage }, accessToken))
      const [error] = errors ?? []
      if (error?.extensions?.code === 'UNAUTHORIZED_FIELD_OR_TYPE') return { shopActs: [], silence: noAdmin }
      if (data?.auditLog == null) throw new Error(error?.message ?? 'no audit log came')
      return { shopActs: data.auditLog.edges.map(({ node }) => node), silence: null }
    } catch (error) {
      return { shopActs: [], silence: `The gateway gave no answer: ${messageOf(error)}` }
    }
  },
})

const notSignedIn = 'What was done in the shop is shown to an admin who has signed in here.'
const noAdmin = 'What was done in the shop is shown to admins alone.'

const act = z.object({
  id: z.string(),
  at: z.string(),
  actorId: z.string().nullable(),
  actor: z.object({ name: z.string(), email: z.string().nullable() }).nullable(),
  clientAddress: z.string().nullable(),
  act: z.string(),
  about: z.object({ kind: z.string(), id: z.string() }),
  reason: z.string().nullable(),
  changes: z.array(
    z.object({ field: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
  ),
}) satisfies z.ZodType<ShopAct>

const answer = z.object({
  data: z.object({ auditLog: z.object({ edges: z.array(z.object({ node: act })) }).nullish() }).nullish(),
  errors: z
    .array(
      z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() }),
    )
    .optional(),
})
