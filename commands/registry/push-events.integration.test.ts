import { join } from 'node:path'
import { type EventDocuments, findEventChanges } from '@supergraph/composition/event-changes.ts'
import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { keepEvents } from '@supergraph/registry/database/event-document-store.ts'
import { startTestRegistry } from '@supergraph/registry/tests/registry-under-test.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { findRover } from '../../testbed/rover.ts'
import { runNode } from '../../testbed/run-program.ts'
import { createPublishedApi, createReceivedApi } from '../schema/asyncapi-document.ts'

const rover = await findRover()
const sdl = 'type Query { me: Int }'
const ref = { graph: 'shop', variant: 'current' }
const data = z.object({ orderId: z.uuid(), total: z.int(), note: z.string().optional() })

const eventsWith = (shape: z.ZodObject): EventDocuments => {
  const event = defineEvent({ type: 'order.placed', source: 'orders', data: shape })
  const queues = [{ queue: 'notifications.on-order-placed', events: [event] }]
  const received = createReceivedApi(
    { service: 'notifications', queues, listensTo: [] },
    'subgraphs/notifications',
  )
  return { published: createPublishedApi([event]), received: [received] }
}

let registry: Awaited<ReturnType<typeof startTestRegistry>>

beforeAll(async () => {
  registry = await startTestRegistry(rover)
  const users = { name: 'users', url: 'http://users.example', sdl }
  await registry.changes.publish(ref, users, { author: 'ada', message: '' })
})
afterAll(() => registry.stop())

const push = (args: readonly string[], key = registry.key, settings: Readonly<Record<string, string>> = {}) =>
  runNode([join(import.meta.dirname, 'push-events.ts'), ...args], {
    PATH: process.env.PATH,
    APOLLO_REGISTRY_URL: `${registry.url}/graphql`,
    APOLLO_KEY: key,
    ...settings,
  })

const check = (commit: string) => {
  const file = registry.write('users.graphql', sdl)
  const args = ['subgraph', 'check', 'shop@current', '--name', 'users', '--schema', file]
  return registry.rover(args, registry.key, { APOLLO_VCS_COMMIT: commit })
}

describe.runIf(rover !== undefined)('rover subgraph check', () => {
  it('says nothing of events while none are published', async () => {
    await keepEvents(registry.database, {
      ref,
      commit: 'early',
      documents: eventsWith(data),
      isPublished: false,
    })
    expect(await check('early')).toEqual({ status: 0, output: expect.not.stringContaining('EVENT') })
  })

  it('compares with what npm run events:push published', async () => {
    const pushed = await push(['shop@current'], registry.key, { APOLLO_VCS_COMMIT: 'main-1' })
    expect(pushed).toEqual({
      status: 0,
      output: expect.stringContaining('events of commit main-1, which checks'),
    })
    const proposed = await push(['shop@current', '--proposal'], registry.key, {
      APOLLO_VCS_COMMIT: 'branch-1',
    })
    expect(proposed).toEqual({
      status: 0,
      output: expect.stringContaining('commit branch-1, for its checks'),
    })
    const same = await check('branch-1')
    expect(same).toEqual({ status: 0, output: expect.stringContaining('No custom check violations found') })
    const unknown = await check('branch-2')
    expect(unknown).toEqual({
      status: 0,
      output: expect.stringMatching(
        /WARNING +┆ EVENTS_NOT_CHECKED +┆.*no documents were pushed for commit branch-2/,
      ),
    })
  })

  it.each([
    ['is removed', data.omit({ total: true }), ['EVENT_FIELD_REMOVED order.placed.total']],
    [
      'is renamed',
      data.omit({ total: true }).extend({ sum: z.int() }),
      ['EVENT_FIELD_REMOVED order.placed.total', 'EVENT_FIELD_REQUIRED order.placed.sum'],
    ],
    ['is made required', data.extend({ note: z.string() }), ['EVENT_FIELD_REQUIRED order.placed.note']],
  ])('fails as npm run schema:check does if a field of an event %s, and names the queue', async (title, shape, expected) => {
    const [base, next] = [eventsWith(data), eventsWith(shape)]
    const findings = findEventChanges(base, next)
    expect(findings.map(({ status, code, path }) => `${status} ${code} ${path}`)).toEqual(
      expected.map(finding => `FAIL ${finding}`),
    )
    await keepEvents(registry.database, { ref, commit: 'main-2', documents: base, isPublished: true })
    await keepEvents(registry.database, { ref, commit: title, documents: next, isPublished: false })
    const { status, output } = await check(title)
    expect(status).toBe(1)
    expect(output).toContain('error[E043]')
    for (const { code, message, operations } of findings) {
      expect(operations).toEqual(['notifications.on-order-placed'])
      expect(output).toMatch(new RegExp(`ERROR +┆ ${code} +┆ +┆ ${operations[0]}: `))
      expect(output.replaceAll(/\s*┆\s*|\n/g, ' ')).toContain(message.slice(0, 20))
    }
  })
})

it('leaves what is published as it is when the same commit is proposed again', async () => {
  await keepEvents(registry.database, {
    ref,
    commit: 'main-3',
    documents: eventsWith(data),
    isPublished: true,
  })
  const other = eventsWith(data.omit({ total: true }))
  await keepEvents(registry.database, { ref, commit: 'main-3', documents: other, isPublished: false })
  const { rows } = await registry.database
    .query('select documents from event_documents where commit = $1', ['main-3'])
    .then((rows: readonly { readonly documents: string }[]) => ({ rows }))
  expect(rows.map(({ documents }) => JSON.parse(documents))).toEqual([eventsWith(data)])
})

it.each([
  ['a variant that is not there', ['shop@staging'], 1, 'the graph shop has no variant staging'],
  ['a reference that is none', ['shop@a b'], 2, 'shop@a b is no graph and variant'],
  ['no variant', [], 2, 'to which graph and variant'],
])('refuses %s, and says why', async (_title, args, status, message) => {
  expect(await push(args)).toEqual({ status, output: expect.stringContaining(message) })
})

it('refuses to publish with a key that may only check, and asks for a key', async () => {
  const key = await registry.makeKey('check')
  expect(await push(['shop@current'], key)).toEqual({
    status: 1,
    output: expect.stringContaining('needs a key with the role publish'),
  })
  expect(await push(['shop@current'], '')).toEqual({
    status: 2,
    output: expect.stringContaining('set APOLLO_KEY'),
  })
})

it.each([
  ['no JSON', ['{'], 'a document is no JSON'],
  ['no document of events', ['{}'], 'these are no documents of npm run asyncapi'],
  ['too deep', ['['.repeat(100_000) + ']'.repeat(100_000)], 'they have too many levels'],
])('keeps nothing that is %s', async (_title, received, message) => {
  const query = `mutation($received: [String!]!) { graph(id: "shop") {
    pushEvents(graphVariant: "current", commit: "bad", published: "{}", received: $received, isProposal: true) { commit }
  } }`
  const response = await fetch(`${registry.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': registry.key },
    body: JSON.stringify({ query, variables: { received } }),
  })
  expect(await response.text()).toContain(message)
})
