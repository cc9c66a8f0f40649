import { messageOf } from '@supergraph/runtime/error-text.ts'
import { z } from 'zod'
import type { ShopOrder } from '../pages/views.ts'
import { renewAtShop, type ShopSession, signInAtShop } from './accounts.ts'
import type { AskGateway } from './gateway.ts'

/** What the shop itself says, through the gateway; `silence` is why it says nothing. */
export type ShopAnswer = { readonly orders: readonly ShopOrder[]; readonly silence: string | null }

/** The orders as the shop's own rules and access let them be seen and changed. */
export type Shop = {
  /** Those that have a next step, the most overdue first, and then the latest. */
  readonly orders: () => Promise<ShopAnswer>
  readonly order: (id: string) => Promise<ShopAnswer>
  /** Both say in words what became of the order; they ask in the name of a visitor, or of the console's account. */
  readonly retry: (id: string, accessToken: string | undefined) => Promise<string>
  readonly cancel: (id: string, reason: string, accessToken: string | undefined) => Promise<string>
}

/** For how long an answer serves, so that many open pages cost the shop no more than one. */
const keptMs = 1_000

const order = z.object({
  id: z.string(),
  number: z.string(),
  status: z.string(),
  version: z.int(),
  placedAt: z.string(),
  total: z.object({ amountMinor: z.number(), currency: z.string() }),
  payment: z.object({ status: z.string(), method: z.string() }),
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

/** Asks the gateway as a member of the staff, if there is an account for that. */
export const createShop = (
  ask: AskGateway,
  { email, password }: { readonly email: string | undefined; readonly password: string | undefined },
): Shop => {
  const answers = new Map<string, { readonly untilMs: number; readonly answer: Promise<ShopAnswer> }>()
  let session: Promise<ShopSession> | undefined

  const signIn = async (): Promise<ShopSession> => {
    if (email === undefined || password === undefined) throw new Error(noAccount)
    const answer = await signInAtShop(ask, { email, password })
    if ('refused' in answer) throw new Error(answer.refused)
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
  const read = async (operation: string, variables: object): Promise<ShopAnswer> => {
    if (email === undefined || password === undefined) return { orders: [], silence: noAccount }
    try {
      const answer = orderAnswer.parse(await ask(operation, variables, await ownToken()))
      const { ordersUnderWay, orders, order: one } = answer.data
      const latest = orders?.edges.map(({ node }) => node) ?? []
      const first = ordersUnderWay ?? (one ? [one] : [])
      const known = new Set(first.map(({ id }) => id))
      return { orders: [...first, ...latest.filter(({ id }) => !known.has(id))], silence: null }
    } catch (error) {
      // n.b. a shop that was started anew knows no session of before
      session = undefined
      return { orders: [], silence: `The gateway gave no answer: ${messageOf(error)}` }
    }
  }
  const readSeldom = (operation: string, variables: { readonly id?: string }): Promise<ShopAnswer> => {
    const key = variables.id ?? ''
    const known = answers.get(key)
    if (known !== undefined && known.untilMs > Date.now()) return known.answer
    if (answers.size > 100) answers.clear()
    const answer = read(operation, variables)
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
    orders: () => readSeldom('console-orders', {}),
    order: id => readSeldom('console-order', { id }),
    retry: (orderId, accessToken) => change('retry-order', { orderId }, accessToken),
    cancel: (orderId, reason, accessToken) => change('cancel-order', { orderId, reason }, accessToken),
  }
}

const noAccount = 'No account of the staff is known here: set STAFF_EMAIL and STAFF_PASSWORD.'

const orderAnswer = z.object({
  data: z.object({
    ordersUnderWay: z.array(order).nullish(),
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
