import { setTimeout as pause } from 'node:timers/promises'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, vi } from 'vitest'
import { authorizedSupergraph, nobody, operationIn, someone } from '../authorization/supergraph.fixture.ts'
import { createErrorFormatter, formatAny } from '../errors.ts'
import { createOperationChecks } from '../limits/operations.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'
import { createClientQueue } from './client-queue.ts'
import { createExecution } from './execution.ts'

const supergraph = loadSupergraph(
  authorizedSupergraph({ accounts: 'http://accounts', badges: 'http://badges' }),
)

/** Executes a query on subgraphs that give these answers. */
const run = async (
  query: string,
  answers: Readonly<Record<'accounts' | 'badges', () => Promise<SubgraphAnswer>>>,
) => {
  const logger = createLogger('gateway', 'silent')
  const error = vi.spyOn(logger, 'error')
  const execution = createExecution({
    queue: createClientQueue(),
    supergraph,
    clients: new Map(Object.entries(answers).map(([name, ask]) => [name, { ask }])),
    unauthorizedOperations: 'filter',
    checks: createOperationChecks(supergraph, { maxCost: 1_000, maxFetches: 60 }),
    maxAnswerBytes: 1_000_000,
    logger,
  })
  const viewer = someone()
  const operation = { ...operationIn(query), queryHash: query }
  const prepared = await execution.prepare(operation, {}, { authority: execution.authorityOf(viewer) })
  if (prepared.kind !== 'prepared') throw new Error('it was not prepared')
  const { data, errors } = await prepared.execute({ viewer })
  const format = createErrorFormatter(logger)
  return {
    data: JSON.parse(data),
    errors: errors.map(each => formatAny(format, each)),
    logged: error.mock.calls,
  }
}

it('hides what failed in the gateway itself, and logs it once for all of an operation', async () => {
  const keys = Array.from({ length: 10 }, (_, index) => `a${index}`)
  const people = [{ __typename: 'User', id: 'ada' }]
  const { data, errors, logged } = await run(
    `{ ${keys.map(key => `${key}: people { badges }`).join(' ')} }`,
    {
      accounts: async () => ({ data: Object.fromEntries(keys.map(key => [key, structuredClone(people)])) }),
      badges: () => Promise.reject(new Error('broken')),
    },
  )
  expect(Object.keys(data ?? {})).toEqual(keys)
  expect(errors).toEqual([
    expect.objectContaining({
      message: 'Internal server error',
      extensions: expect.objectContaining({ code: 'INTERNAL_SERVER_ERROR', retryable: false }),
    }),
  ])
  expect(logged).toEqual([[expect.objectContaining({ times: 1 }), 'an operation failed']])
})

it('lets a checkout go ahead while as many sign-ins as may be under way wait for their service', async () => {
  const shop = loadSupergraph(readSupergraph())
  const execution = createExecution({
    queue: createClientQueue(),
    supergraph: shop,
    clients: new Map<string, { readonly ask: () => Promise<SubgraphAnswer> }>([
      ...shop.subgraphs.map(
        ({ name }) => [name, { ask: () => new Promise<never>(() => undefined) }] as const,
      ),
      ['orders', { ask: async () => ({ data: { placeOrder: { __typename: 'OutOfStock' } } }) }],
    ]),
    unauthorizedOperations: 'filter',
    checks: createOperationChecks(shop, { maxCost: 6_000, maxFetches: 60 }),
    maxAnswerBytes: 1_000_000,
    logger: createLogger('gateway', 'silent'),
  })
  const execute = async (query: string, viewer: Viewer, clientAddress: string) => {
    const operation = { ...operationIn(query), queryHash: query }
    const prepared = await execution.prepare(operation, {}, { authority: execution.authorityOf(viewer) })
    if (prepared.kind !== 'prepared') throw new AggregateError(prepared.errors)
    return prepared.execute({ viewer, clientAddress })
  }
  const login = 'mutation { login(input: { email: "ada@example.com", password: "a" }) { __typename } }'
  for (let network = 0; network < 10; network += 1)
    for (let times = 0; times < 10; times += 1) void execute(login, nobody, `192.0.2.${network}`)
  const address = 'name: "A", line1: "1 A St", city: "A", postalCode: "1", country: "DE"'
  const checkout = `mutation { placeOrder(input: {
    idempotencyKey: "1", paymentMethod: "card", items: [{ productId: "1", quantity: 1 }], shippingAddress: { ${address} }
  }) { __typename } }`
  const placed = await Promise.race([execute(checkout, someone(), '192.0.2.200'), pause(500, 'it waits')])
  expect(placed).toEqual({
    data: '{"placeOrder":{"__typename":"OutOfStock"}}',
    errors: [],
    maxAge: 0,
    waitedMs: 0,
  })
})

it('logs nothing of an operation whose client left while it waited', async () => {
  const logger = createLogger('gateway', 'silent')
  const error = vi.spyOn(logger, 'error')
  const execution = createExecution({
    queue: createClientQueue(),
    supergraph,
    clients: new Map(),
    unauthorizedOperations: 'filter',
    checks: createOperationChecks(supergraph, { maxCost: 1_000, maxFetches: 60 }),
    maxAnswerBytes: 1_000_000,
    logger,
  })
  const operation = { ...operationIn('{ title }'), queryHash: 'left' }
  const client = { authority: execution.authorityOf(someone()), gone: AbortSignal.abort() }
  const [left] = await Promise.allSettled([execution.prepare(operation, {}, client)])
  if (left.status === 'fulfilled') throw new Error('it was prepared')
  expect(formatAny(createErrorFormatter(logger), left.reason)).toMatchObject({
    extensions: { code: 'BAD_REQUEST' },
  })
  expect(error).not.toHaveBeenCalled()
})
