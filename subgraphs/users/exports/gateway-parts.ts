import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import { readRecordedOperation } from '@supergraph/schema/recorded-operations.ts'
import { z } from 'zod'

/** What the other subgraphs know of somebody. */
export type GatewayParts = {
  readonly orders: readonly unknown[]
  readonly notifications: readonly unknown[]
  readonly notificationPreferences: unknown
}

/** Asks the gateway with somebody's own access token, so that every subgraph gives what they may see. */
export type ReadGatewayParts = (accessToken: string) => Promise<GatewayParts>

/** The gateway did not tell everything; what is missing must not be left out. */
export class PartsMissing extends Error {
  override readonly name = 'PartsMissing'
}

const withinMs = 20_000

export const createReadGatewayParts = (gatewayUrl: string): ReadGatewayParts => {
  const [orders, notifications] = ['export-orders', 'export-notifications'].map(readRecordedOperation)

  const ask = async <T>(query: string, after: string | null, accessToken: string, shape: z.ZodType<T>) => {
    const response = await directFetch(gatewayUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${accessToken}`,
        'apollographql-client-name': 'users',
      },
      body: JSON.stringify({ query, variables: { after } }),
      signal: AbortSignal.timeout(withinMs),
    })
    const { data, errors } = answer.parse(await response.json())
    const parsed = shape.safeParse(data)
    if (errors !== undefined || !parsed.success)
      throw new PartsMissing(`the gateway did not tell everything: ${errors?.[0]?.message ?? 'no data came'}`)
    return parsed.data
  }

  /** All nodes of a connection, page by page. */
  const readAll = async (
    read: (after: string | null) => Promise<Connection>,
  ): Promise<readonly unknown[]> => {
    const nodes: unknown[] = []
    for (let after: string | null = null; ; ) {
      const { edges, pageInfo }: Connection = await read(after)
      nodes.push(...edges.map(({ node }) => node))
      if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return nodes
      after = pageInfo.endCursor
    }
  }

  return async accessToken => {
    let preferences: unknown
    return {
      orders: await readAll(
        async after => (await ask(orders ?? '', after, accessToken, ordersPage)).me.orders,
      ),
      notifications: await readAll(async after => {
        const { me } = await ask(notifications ?? '', after, accessToken, notificationsPage)
        preferences = me.notificationPreferences
        return me.notifications
      }),
      notificationPreferences: preferences,
    }
  }
}

const answer = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).optional(),
})
const connection = z.object({
  edges: z.array(z.object({ node: z.unknown() })),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
})
type Connection = z.output<typeof connection>
const ordersPage = z.object({ me: z.object({ orders: connection }) })
const notificationsPage = z.object({
  me: z.object({ notifications: connection, notificationPreferences: z.array(z.unknown()) }),
})
