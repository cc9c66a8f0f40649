import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { z } from 'zod'
import type { ShopOrder } from './pages/views.ts'

/** What the shop itself says, through the gateway; `silence` is why it says nothing. */
export type Shop = {
  readonly orders: () => Promise<ShopAnswer>
  readonly order: (id: string) => Promise<ShopAnswer>
}

type ShopAnswer = { readonly orders: readonly ShopOrder[]; readonly silence: string | null }

const withinMs = 2_000
/** For how long an answer serves, so that many open pages cost the shop no more than one. */
const keptMs = 3_000

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
}) satisfies z.ZodType<ShopOrder>

const fields = `id number status version placedAt total { amountMinor currency } payment { status method }
  timeline { status at reason actor }`
const loginDocument =
  'mutation ConsoleLogin($input: LoginInput!) { login(input: $input) { ... on Session { accessToken } ... on Failure { message } } }'
const ordersDocument = `query ConsoleOrders { orders(first: 50) { edges { node { ${fields} } } } }`
const orderDocument = `query ConsoleOrder($id: ID!) { order(id: $id) { ${fields} } }`

/** Asks the gateway as a member of the staff, if there is an account for that. */
export const createShop = ({
  gatewayUrl,
  email,
  password,
}: {
  readonly gatewayUrl: string
  readonly email: string | undefined
  readonly password: string | undefined
}): Shop => {
  const answers = new Map<string, { readonly untilMs: number; readonly answer: Promise<ShopAnswer> }>()
  let token: Promise<string> | undefined

  const send = async (query: string, variables: object, accessToken?: string): Promise<unknown> => {
    const response = await directFetch(gatewayUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'apollographql-client-name': 'console',
        // n.b. not sampled: the console's own questions are none of the requests that it shows
        traceparent: `00-${crypto.randomUUID().replaceAll('-', '')}-${crypto.randomUUID().slice(-12)}0001-00`,
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(withinMs),
    })
    return response.json()
  }
  const signIn = async (): Promise<string> => {
    const answer = loginAnswer.parse(await send(loginDocument, { input: { email, password } }))
    if (answer.data.login.accessToken === undefined)
      throw new Error(answer.data.login.message ?? 'the sign-in failed')
    return answer.data.login.accessToken
  }
  const ask = async (query: string, variables: object): Promise<ShopAnswer> => {
    if (email === undefined || password === undefined) return { orders: [], silence: noAccount }
    try {
      token ??= signIn()
      const { data } = orderAnswer.parse(await send(query, variables, await token))
      const found = data.orders?.edges.map(({ node }) => node) ?? (data.order ? [data.order] : [])
      return { orders: found, silence: null }
    } catch (error) {
      // n.b. a token lasts for minutes: the next question signs in anew
      token = undefined
      return { orders: [], silence: `The gateway gave no answer: ${messageOf(error)}` }
    }
  }
  const askSeldom = (query: string, variables: { readonly id?: string }): Promise<ShopAnswer> => {
    const key = variables.id ?? ''
    const known = answers.get(key)
    if (known !== undefined && known.untilMs > Date.now()) return known.answer
    if (answers.size > 100) answers.clear()
    const answer = ask(query, variables)
    answers.set(key, { untilMs: Date.now() + keptMs, answer })
    return answer
  }
  return {
    orders: () => askSeldom(ordersDocument, {}),
    order: id => askSeldom(orderDocument, { id }),
  }
}

const noAccount = 'No account of the staff is known here: set STAFF_EMAIL and STAFF_PASSWORD.'

const loginAnswer = z.object({
  data: z.object({
    login: z.object({ accessToken: z.string().optional(), message: z.string().optional() }),
  }),
})

const orderAnswer = z.object({
  data: z.object({
    orders: z.object({ edges: z.array(z.object({ node: order })) }).nullish(),
    order: order.nullish(),
  }),
})
