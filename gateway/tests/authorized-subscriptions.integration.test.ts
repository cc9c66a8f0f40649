import { createIdentitySigner, type Viewer } from '@supergraph/runtime/identity.ts'
import { identityKey } from '@supergraph/runtime/identity-keys.ts'
import { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { UnauthorizedOperations } from '../authorization/refusals.ts'
import { nobody, someone } from '../authorization/supergraph.fixture.ts'
import { createAdmission } from '../documents/admission.ts'
import { createKnownOperations } from '../documents/known-operations.ts'
import { readEnvironment } from '../environment.ts'
import { createErrorFormatter } from '../errors.ts'
import { createClientQueue } from '../execution/client-queue.ts'
import { createExecution } from '../execution/execution.ts'
import { createDocuments } from '../limits/documents.ts'
import { createOperationChecks } from '../limits/operations.ts'
import { createLive } from '../live.ts'
import type { OperationClient } from '../subgraphs/call.ts'
import { createChanges } from '../subgraphs/changes.ts'
import { createHttpClient } from '../subgraphs/http-client.ts'
import { createUpstream } from '../subgraphs/upstream.ts'
import { Backlog } from '../subscriptions/backlog.ts'
import { createPlanSubscription } from '../subscriptions/plan-subscription.ts'
import { createPrepareSubscription } from '../subscriptions/subscribe.ts'
import { loadSupergraph } from '../supergraph.ts'
import { createUsage } from '../usage.ts'
import { startAuthorizedGateway, startAuthorizedSubgraphs } from './authorized-gateway.ts'
import { leaveOut } from './gateway-under-test.ts'
import { pull } from './pulled-operation.ts'

const joined = 'subscription { joined { id email phone points boss { id } } }'
const refused = (...path: readonly string[]) => ({
  message: expect.stringContaining('sign in'),
  path,
  extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
})

/** Subscriptions for a viewer whom the test may replace. */
const startSubscriptions = async (
  first: Viewer,
  unauthorizedOperations: UnauthorizedOperations = 'filter',
) => {
  const subgraphs = await startAuthorizedSubgraphs()
  const logger = createLogger('gateway', 'silent')
  const supergraph = loadSupergraph(subgraphs.supergraphSdl)
  const signer = createIdentitySigner('gateway', identityKey.parse(subgraphs.identityKey))
  const settings = supergraph.subgraphs.map(({ name: service, url, told }) => ({
    service,
    url,
    told,
    timeoutMs: 1_000,
    signer,
    changes: createChanges(),
    load: new LoadLimit({ targetMs: 50, loweredMs: 50, windowMs: 100, samples: 10 }),
    logger,
  }))
  const clients = new Map(settings.map(each => [each.service, createHttpClient(each)]))
  const upstreams = new Map(settings.map(each => [each.service, createUpstream(each)]))
  onTestFinished(async () => {
    await Promise.all([...clients.values(), ...upstreams.values()].map(({ stop }) => stop()))
  })
  const planSubscription = createPlanSubscription({
    supergraph,
    admission: createAdmission({
      supergraph,
      documents: createDocuments(readEnvironment({ IDENTITY_KEY: subgraphs.identityKey })),
      known: createKnownOperations(),
      introspection: true,
    }),
    execution: createExecution({
      queue: createClientQueue(),
      supergraph,
      clients,
      unauthorizedOperations,
      checks: createOperationChecks(supergraph, { maxCost: 1_000, maxFetches: 60 }),
      maxAnswerBytes: 1_000_000,
      logger,
    }),
    upstreams,
    usage: createUsage(),
  })
  const prepare = createPrepareSubscription({
    current: { now: () => ({ planSubscription }), follow: () => undefined },
    live: createLive(new Set()),
    format: createErrorFormatter(logger),
  })
  let viewer: Viewer | undefined = first
  const prepared = (query: string, client: OperationClient = {}) =>
    prepare(
      { query, operationName: undefined, variables: {} },
      { session: { viewer: () => viewer }, backlog: new Backlog(1_000_000), ...client },
    )
  return {
    ...subgraphs,
    clients,
    prepared,
    become: (next: Viewer | undefined) => {
      viewer = next
    },
    start: async (query: string, client: OperationClient = {}) => {
      const start = await prepared(query, client)
      if (typeof start !== 'function') throw new AggregateError(start)
      const events = pull(start)
      await vi.waitFor(() => expect(subgraphs.subscribers()).toBe(1))
      const next = async () => {
        subgraphs.join()
        return JSON.parse((await events.next()) ?? 'null', leaveOut)
      }
      return { events, next }
    },
  }
}

it('filters each event, and asks neither subgraph for what is forbidden', async () => {
  const { start, accounts, badges } = await startSubscriptions(someone())
  const { next } = await start('subscription { joined { id email badges notes points } }')
  const answer = {
    data: {
      joined: { id: 'ada', email: 'ada@example.com', badges: ['gold', 'silver'], notes: null, points: 7 },
    },
    errors: [refused('joined', 'notes', '@')],
  }
  expect([await next(), await next()]).toEqual([answer, answer])
  expect(accounts.received).toEqual([])
  expect(badges.received.length).toBe(2)
  const anonymously = await startSubscriptions(nobody)
  const { next: nextOfNobody } = await anonymously.start('subscription { joined { id points } }')
  expect(await nextOfNobody()).toEqual({
    data: { joined: { id: 'ada', points: null } },
    errors: [refused('joined', 'points')],
  })
  expect(anonymously.badges.received).toEqual([])
})

it('refuses a subscription whose root is forbidden, and asks no subgraph', async () => {
  const { prepared, accounts, become } = await startSubscriptions(someone())
  expect(await prepared('subscription { who: promoted { id } }')).toMatchObject([refused('who')])
  const withoutVariable = 'subscription ($first: Int!) { promoted { badges(first: $first) } }'
  expect(await prepared(withoutVariable)).toMatchObject([refused('promoted')])
  become(nobody)
  expect(await prepared('subscription { promoted { id } }')).toMatchObject([refused('promoted')])
  expect(accounts.connections()).toBe(0)
})

it('rejects a subscription to anything forbidden if the gateway is told to', async () => {
  const { prepared } = await startSubscriptions(someone(), 'reject')
  expect(await prepared('subscription { joined { id notes } }')).toMatchObject([
    refused('joined', 'notes', '@'),
  ])
  expect(await prepared('subscription { joined { id email } }')).toBeTypeOf('function')
})

it('completes each event for the viewer of that moment', async () => {
  const { start, become, badges } = await startSubscriptions(someone('users:read'))
  const { next } = await start(joined)
  const whole = { id: 'ada', email: 'ada@example.com', phone: '1', points: 7, boss: null }
  expect(await next()).toEqual({ data: { joined: whole } })
  become(someone())
  expect(await next()).toEqual({ data: { joined: null }, errors: [refused('joined', 'phone')] })
  become(nobody)
  expect((await next()).errors).toEqual([
    refused('joined', 'email'),
    refused('joined', 'phone'),
    refused('joined', 'points'),
  ])
  become(someone('users:read', 'users:manage'))
  expect(await next()).toEqual({ data: { joined: whole } })
  expect(badges.received.map(({ viewer }) => viewer.kind === 'user' && viewer.scopes)).toEqual([
    ['users:read'],
    [],
    ['users:read', 'users:manage'],
  ])
})

it('gives no more than the subscriber was allowed, whatever the viewer may do later', async () => {
  const { start, become } = await startSubscriptions(nobody)
  const { next } = await start('subscription { joined { id email } }')
  become(someone('users:read'))
  expect(await next()).toEqual({
    data: { joined: { id: 'ada', email: null } },
    errors: [refused('joined', 'email')],
  })
})

it('ends together with its upstream when the viewer may no longer have the root field, or the session is over', async () => {
  const upstreamEnds = (subscribers: () => number) => vi.waitFor(() => expect(subscribers()).toBe(0))
  const demoted = await startSubscriptions(someone(), 'reject')
  const first = await demoted.start('subscription { joined { id email } }')
  demoted.become(nobody)
  await expect(first.next()).rejects.toMatchObject(refused('joined', 'email'))
  await upstreamEnds(demoted.subscribers)
  expect(await first.events.next()).toBeUndefined()

  const signedOut = await startSubscriptions(someone())
  const second = await signedOut.start('subscription { joined { id } }')
  signedOut.become(undefined)
  await expect(second.next()).rejects.toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } })
  await upstreamEnds(signedOut.subscribers)
  expect(await signedOut.prepared(joined)).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
})

it('completes events in the name of the client that subscribed, and no longer once it has gone', async () => {
  const { start, badges, clients, join } = await startSubscriptions(nobody)
  const subgraph = clients.get('badges')
  if (subgraph === undefined) throw new Error('there is no such subgraph')
  const asked = vi.spyOn(subgraph, 'ask')
  badges.answers('never')
  const { events } = await start('subscription { joined { id badges } }', { clientAddress: '192.0.2.1' })
  join()
  await vi.waitFor(() => expect(badges.received.length).toBe(1))
  expect(asked.mock.calls).toMatchObject([[{}, { clientAddress: '192.0.2.1', gone: { aborted: false } }]])
  events.stop()
  expect(asked.mock.calls).toMatchObject([[{}, { gone: { aborted: true } }]])
})

it('gives no event whose session ended while it was completed', async () => {
  const { start, become, badges, join } = await startSubscriptions(someone())
  const { events } = await start('subscription { joined { id points } }')
  badges.answers('never')
  const pending = events.next()
  join()
  await vi.waitFor(() => expect(badges.received.length).toBe(1))
  become(undefined)
  await expect(pending).rejects.toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } })
})

it('cuts off the one of two equal subscriptions that is not read, and leaves the other alone', async () => {
  const { prepared, join, subscribers, badges } = await startSubscriptions(someone())
  const begin = async () => {
    const start = await prepared('subscription { joined { id points } }')
    if (typeof start !== 'function') throw new AggregateError(start)
    return pull(start)
  }
  const [unread, read] = [await begin(), await begin()]
  await vi.waitFor(() => expect(subscribers()).toBe(1))
  for (let n = 1; n <= 1_002; n += 1) {
    const next = read.next()
    join()
    expect(JSON.parse((await next) ?? 'null', leaveOut)).toEqual({
      data: { joined: { id: 'ada', points: 7 } },
    })
  }
  expect(badges.received.length).toBe(1_002)
  // n.b. one was on its way to the client
  for (let n = 1; n <= 1_001; n += 1) expect(await unread.next()).toBeDefined()
  await expect(unread.next()).rejects.toMatchObject({ extensions: { code: 'SLOW_CONSUMER' } })
  expect([badges.received.length, subscribers()]).toEqual([1_002, 1])
  read.stop()
  await vi.waitFor(() => expect(subscribers()).toBe(0))
})

it('answers over a socket in the same way', async () => {
  const { socketClient, join, subscribers, bearer } = await startAuthorizedGateway()
  const refusal = socketClient({ authorization: await bearer() }).iterate({
    query: 'subscription { promoted { id } }',
  })
  await expect(refusal.next()).rejects.toEqual([refused('promoted')])
  const events = socketClient().iterate({ query: 'subscription { joined { id email } }' })
  const next = events.next()
  await vi.waitFor(() => expect(subscribers()).toBe(1))
  join()
  expect((await next).value).toEqual({
    data: { joined: { id: 'ada', email: null } },
    errors: [refused('joined', 'email')],
  })
})
