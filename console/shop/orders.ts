import { messageOf } from '@supergraph/runtime/error-text.ts'
import { z } from 'zod'
import type { ShopOrder } from '../pages/views.ts'
import { renewAtShop, type ShopSession, signInAtShop } from './accounts.ts'
import type { AskGateway } from './gateway.ts'

/** What the shop itself says, through the gateway; `silence` is why it says nothing. */
export type ShopAnswer = {
  readonly orders: readonly ShopOrder[]
  /** The ids of those of which a refund has failed. */
  readonly owing: ReadonlySet<string>
  readonly silence: string | null
}

/** The orders as the shop's own rules and access let them be seen and changed, by a visitor, or by the console's account. */
export type Shop = {
  /** Those that have a next step, the most overdue first, those of which a refund has failed, and then the latest. */
  readonly orders: (accessToken: string | undefined) => Promise<ShopAnswer>
  readonly order: (id: string, accessToken: string | undefined) => Promise<ShopAnswer>
  /** Both say in words what became of the order. */
  readonly retry: (id: string, accessToken: string | undefined) => Promise<string>
  readonly cancel: (id: string, reason: string, accessToken: string | undefined) => Promise<string>
}

/** For how long an answer serves, so that many open pages cost the shop no more than one. */
const keptMs = 1_000

const money = z.object({ amountMinor: z.number(), currency: z.string() })

const order = z.object({
  id: z.string(),
  number: z.string(),
  status: z.string(),
  version: z.int(),
  placedAt: z.string(),
  total: money,
  payment: z.object({
    status: z.string(),
    method: z.string(),
    // n.b. the list of orders does not ask for these
    refunds: z
      .array(
        z.object({
          status: z.string(),
          amount: money,
          reason: z.string().nullable(),
          requestedAt: z.string(),
        }),
      )
      .default([]),
    disputes: z
      .array(
        z.object({
          ...{ id: z.string(), status: z.string(), amount: money, reason: z.string() },
          ...{ openedAt: z.string(), respondBy: z.string().nullable() },
        }),
      )
      .default([]),
  }),
  timeline: z.array(
    z.object({ status: z.string(), at: z.string(), reason: z.string().nullable(), actor: z.string() }),
  ),
  nextStep: z
    .object({
      kind: z.string(),
      failedAttempts: z.int(),
      dueAt: z.string(),
      fence: z.int(),
      givenUpAt: z.string().nullable(),
    })
    .nullable(),
}) satisfies z.ZodType<ShopOrder>

/** Asks the gateway as a visitor of the staff, and else as a member of the staff, if there is an account for that. */
export const createShop = (
  ask: AskGateway,
  { email, password }: { readonly email: string | undefined; readonly password: string | undefined },
): Shop => {
  const answers = new Map<string, { readonly untilMs: number; readonly answer: Promise<ShopAnswer> }>()
  let session: Promise<ShopSession> | undefined

  const signIn = async (): Promise<ShopSession> => {
    if (email === undefined || password === undefined) throw new Error(noAccount)
    const answer = await signInAtShop(ask, { email, password })
    if ('challenge' in answer) throw new Error(noCode)
    if ('refused' in answer) throw new Error(answer.refused)
    if (answer.session.isTotpMissing) throw new Error(noCode)
    return answer.session
  }
  const renew = async (before: ShopSession): Promise<ShopSession> =>
    (await renewAtShop(ask, before)) ?? (await signIn())
  const ownToken = async (): Promise<string> => {
    try {
      session ??= signIn()
      const known = await session
      if (known.expiresAtMs <= Date.now()) session = renew(known)
      return (await session).accessToken
    } catch (error) {
      session = undefined
      throw error
    }
  }
  const read = async (
    operation: string,
    variables: object,
    accessToken: string | undefined,
  ): Promise<ShopAnswer> => {
    if (accessToken === undefined && (email === undefined || password === undefined)) return silent(noAccount)
    try {
      const answer = orderAnswer.parse(await ask(operation, variables, accessToken ?? (await ownToken())))
      const { ordersUnderWay, ordersOwingRefunds, orders, order: one } = answer.data
      const owing = ordersOwingRefunds ?? []
      const latest = orders?.edges.map(({ node }) => node) ?? []
      const all = [...(one ? [one] : []), ...(ordersUnderWay ?? []), ...owing, ...latest]
      return {
        orders: [...Map.groupBy(all, ({ id }) => id).values()].flatMap(([first]) => first ?? []),
        owing: new Set(owing.map(({ id }) => id)),
        silence: null,
      }
    } catch (error) {
      // n.b. a shop that was started anew knows no session of before
      if (accessToken === undefined) session = undefined
      return silent(`The gateway gave no answer: ${messageOf(error)}`)
    }
  }
  const readSeldom = (
    operation: string,
    variables: { readonly id?: string },
    accessToken: string | undefined,
  ): Promise<ShopAnswer> => {
    const key = JSON.stringify([variables.id, accessToken])
    const known = answers.get(key)
    if (known !== undefined && known.untilMs > Date.now()) return known.answer
    if (answers.size > 100) answers.clear()
    const answer = read(operation, variables, accessToken)
    answers.set(key, { untilMs: Date.now() + keptMs, answer })
    return answer
  }
  const change = async (
    operation: string,
    input: object,
    accessToken: string | undefined,
  ): Promise<string> => {
    const { data, errors } = changeAnswer.parse(
      await ask(operation, { input }, accessToken ?? (await ownToken())),
    )
    const [{ message } = { message: 'The shop gave no answer.' }] = errors ?? []
    const result = data?.retryOrder ?? data?.cancelOrder
    if (result == null) throw new Error(message)
    if (result.order === undefined) throw new Error(result.message ?? message)
    answers.clear()
    return result.order.status
  }
  return {
    orders: accessToken => readSeldom('console-orders', {}, accessToken),
    order: (id, accessToken) => readSeldom('console-order', { id }, accessToken),
    retry: (orderId, accessToken) => change('retry-order', { orderId }, accessToken),
    cancel: (orderId, reason, accessToken) => change('cancel-order', { orderId, reason }, accessToken),
  }
}

const noCode =
  'The account of STAFF_EMAIL needs a code to sign in, or to act as staff, which no program has: name another one.'
const silent = (silence: string): ShopAnswer => ({ orders: [], owing: new Set(), silence })

const noAccount = 'No account of the staff is known here: set STAFF_EMAIL and STAFF_PASSWORD.'

const orderAnswer = z.object({
  data: z.object({
    ordersUnderWay: z.array(order).nullish(),
    ordersOwingRefunds: z.array(order).nullish(),
    orders: z.object({ edges: z.array(z.object({ node: order })) }).nullish(),
    order: order.nullish(),
  }),
})

const changed = z
  .object({ order: z.object({ status: z.string() }).optional(), message: z.string().optional() })
  .nullish()
const changeAnswer = z.object({
  data: z.object({ retryOrder: changed, cancelOrder: changed }).nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
})
