import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { addGraph } from '../database/graph-store.ts'
import { readUsage } from '../database/usage-reads.ts'
import { addUsage, deleteOldUsage } from '../database/usage-store.ts'
import { startTestRegistry } from './registry-under-test.ts'

const ref = { graph: 'shop', variant: 'current' }
const month = 30 * 86_400
const sdl = 'type Query { a: Int b: Int c: Int }'
const use = (name: string, requests: number, client = 'web', version = '1') => ({
  name,
  signature: `query ${name} {\n  ${name.toLowerCase()}\n}`,
  clients: [{ name: client, version, requests }],
})
const workflow = z.object({
  data: z.object({
    graph: z.object({
      checkWorkflow: z.object({
        tasks: z.array(
          z.looseObject({
            result: z
              .looseObject({
                changes: z
                  .array(z.object({ severity: z.string(), code: z.string(), description: z.string() }))
                  .optional(),
              })
              .nullish(),
          }),
        ),
      }),
    }),
  }),
})
const begun = z.object({
  data: z.object({
    graph: z.object({
      variant: z.object({ submitSubgraphCheckAsync: z.object({ workflowID: z.string() }) }),
    }),
  }),
})

describe('usage', () => {
  let registry: Awaited<ReturnType<typeof startTestRegistry>>
  beforeAll(async () => {
    registry = await startTestRegistry(undefined)
    await registry.changes.publish(
      ref,
      { name: 'letters', url: 'http://a', sdl },
      { author: 'ada', message: '' },
    )
  })
  afterAll(() => registry.stop())
  afterEach(async () => {
    await registry.database.query('delete from operation_uses')
    await registry.database.query('delete from seen_operations')
  })

  const report = async (
    body: unknown,
    { key = registry.key, compressed = true }: { key?: string; compressed?: boolean } = {},
  ) => {
    const text =
      typeof body === 'string'
        ? body
        : JSON.stringify({ ref: 'shop@current', otherRequests: 0, ...Object(body) })
    const response = await fetch(`${registry.url}/usage`, {
      method: 'POST',
      headers: { 'x-api-key': key, ...(compressed && { 'content-encoding': 'gzip' }) },
      body: compressed ? gzipSync(text) : text,
    })
    return { status: response.status, text: await response.text() }
  }
  const read = (seconds = month) => readUsage(registry.database, ref, seconds)
  /** Lets what was reported be as old as this. */
  const age = (days: number) =>
    registry.database.query(
      `with aged as (update operation_uses set day = day - ${days})
       update seen_operations set last_day = last_day - ${days}`,
    )
  const ask = async (query: string, variables: unknown) => {
    const response = await fetch(`${registry.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': registry.key },
      body: JSON.stringify({ query, variables }),
    })
    return response.json()
  }
  /** What a check says of a schema with the fields that are left. */
  const check = async (fields: string, config: unknown = null) => {
    const input = { subgraphName: 'letters', proposedSchema: `type Query { ${fields} }`, config }
    const asked = await ask(
      `mutation ($input: SubgraphCheckAsyncInput!) { graph(id: "shop") { variant(name: "current") {
         submitSubgraphCheckAsync(input: $input) { ... on CheckRequestSuccess { workflowID } } } } }`,
      { input },
    )
    const id = begun.parse(asked).data.graph.variant.submitSubgraphCheckAsync.workflowID
    const answer = await ask(
      `query ($id: ID!) { graph(id: "shop") { checkWorkflow(id: $id) { tasks {
         ... on OperationsCheckTask { result { changes { severity code description } } } } } } }`,
      { id },
    )
    const { tasks } = workflow.parse(answer).data.graph.checkWorkflow
    return tasks.flatMap(({ result }) => result?.changes ?? [])
  }

  it('adds up what gateways report, by operation, client and version', async () => {
    expect(await report({ operations: [use('A', 2), use('B', 1)], otherRequests: 4 })).toEqual({
      status: 204,
      text: '',
    })
    await report({ operations: [use('A', 3), use('A', 5, 'ios', ''), use('A', 1)] }, { compressed: false })
    const today = new Date().toISOString().slice(0, 10)
    expect(await read()).toEqual({
      since: today,
      requests: 16,
      otherRequests: 4,
      operations: [
        {
          name: 'A',
          signature: 'query A {\n  a\n}',
          requests: 11,
          lastDay: today,
          clients: [
            { name: 'web', version: '1', requests: 6 },
            { name: 'ios', version: '', requests: 5 },
          ],
        },
        expect.objectContaining({ name: 'B', requests: 1 }),
      ],
    })
    expect(await readUsage(registry.database, { graph: 'shop', variant: 'staging' }, month)).toBeUndefined()
  })

  it('adds up what several gateways report at once', async () => {
    const operations = ['A', 'B', 'C'].map(name => use(name, 1))
    const statuses = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        report({ operations: index % 2 === 0 ? operations : operations.toReversed() }),
      ),
    )
    expect(statuses.every(({ status }) => status === 204)).toBe(true)
    expect((await read())?.operations.map(({ requests }) => requests)).toEqual([20, 20, 20])
  })

  it('takes reports with a key of any role, and of this graph alone', async () => {
    expect((await report({ operations: [] }, { key: await registry.makeKey('check') })).status).toBe(204)
    await addGraph(registry.database, 'other')
    expect(await report({ operations: [] }, { key: await registry.makeKey('admin', 'other') })).toEqual({
      status: 403,
      text: expect.stringContaining('one of the graph other'),
    })
    expect((await report({ operations: [] }, { key: 'service:shop:wrong' })).status).toBe(401)
  })

  it.each([
    ['no gzip', 'x', false, 400, 'no gzip'],
    ['no JSON', '{', true, 400, 'not JSON'],
    ['another shape', { operations: [{ name: 'A' }] }, true, 400, 'signature'],
    ['counts below zero', { operations: [use('A', -1)] }, true, 400, 'requests'],
    ['a NUL character', { operations: [use('A\0', 1)] }, true, 400, 'NUL character'],
    ['a client that names itself with markup', { operations: [use('A', 1, '<b>')] }, true, 400, 'name'],
    [
      'an operation without end',
      { operations: [{ ...use('A', 1), signature: 'x'.repeat(33_000) }] },
      true,
      400,
      '32768',
    ],
    ['too many operations', { operations: Array(1_001).fill(use('A', 1)) }, true, 400, '1000'],
    [
      'what is large once it is not compressed',
      `{"a":"${' '.repeat(9_000_000)}"}`,
      true,
      400,
      'at most 8388608',
    ],
    ['an unknown variant', { ref: 'shop@nothing', operations: [] }, true, 404, 'no variant nothing'],
    ['no reference', { ref: 'a@b@c', operations: [] }, true, 400, 'shop@current'],
  ])('refuses %s, and keeps nothing of it', async (_title, body, isCompressed, status, text) => {
    const answer = isCompressed
      ? await report(body)
      : await fetch(`${registry.url}/usage`, {
          method: 'POST',
          headers: { 'x-api-key': registry.key, 'content-encoding': 'gzip' },
          body: String(body),
        }).then(async response => ({ status: response.status, text: await response.text() }))
    expect(answer).toEqual({ status, text: expect.stringContaining(text) })
    expect(await read()).toBeUndefined()
  })

  it('counts what is beyond the limits of a graph as not told apart, and loses none of it', async () => {
    const limits = { operations: 2, usesOfDay: 3 }
    const add = (...operations: readonly ReturnType<typeof use>[]) =>
      addUsage(registry.database, ref, { operations, otherRequests: 0 }, limits)
    await add(use('A', 1), use('B', 2), use('C', 4))
    expect(await read()).toMatchObject({
      requests: 7,
      otherRequests: 4,
      operations: [{ name: 'B' }, { name: 'A' }],
    })
    await add(use('A', 8), use('A', 16, 'a new client'))
    expect(await read()).toMatchObject({
      requests: 31,
      otherRequests: 20,
      operations: [
        { name: 'A', requests: 9 },
        { name: 'B', requests: 2 },
      ],
    })
  })

  it('does not tell more operations apart in a check than it can check', async () => {
    await report({ operations: [use('A', 1), use('B', 2), use('C', 4)] })
    expect(await readUsage(registry.database, ref, month, 2)).toMatchObject({
      otherRequests: 1,
      operations: [{ name: 'C' }, { name: 'B' }],
    })
  })

  it('forgets uses after 90 days, and operations that nobody runs any more', async () => {
    await report({ operations: [use('A', 1), use('B', 1)] })
    await age(91)
    await report({ operations: [use('B', 1)] })
    await deleteOldUsage(registry.database)
    expect(await registry.database.query('select name from seen_operations')).toEqual([{ name: 'B' }])
    expect(await registry.database.query('select count(*)::int from operation_uses')).toEqual([{ count: 1 }])
  })

  it('lets a check pass what no client used within its window', async () => {
    const removed = (description: RegExp, severity: string) => [
      { severity, code: 'FIELD_REMOVED', description: expect.stringMatching(description) },
    ]
    expect(await check('b: Int c: Int')).toEqual(removed(/\(no recorded operation uses it\)$/, 'FAILURE'))
    await report({ operations: [use('A', 3), use('B', 97)] })
    await age(10)
    expect(await check('a: Int b: Int')).toEqual(
      removed(/\(not used since \d{4}-\d\d-\d\d, when usage began to be reported\)$/, 'NOTICE'),
    )
    const a = await check('b: Int c: Int')
    expect(a).toEqual([
      expect.objectContaining({ code: 'OPERATION_INVALID', severity: 'FAILURE' }),
      ...removed(/\(breaks A of web 1 \(3 times\)\)$/, 'FAILURE'),
    ])
    const passes = async (config: unknown) => {
      const found = await check('b: Int c: Int', config)
      return found.every(({ severity }) => severity === 'NOTICE')
    }
    expect(await passes({ queryCountThreshold: 3 })).toBe(false)
    expect(await passes({ queryCountThreshold: 4 })).toBe(true)
    expect(await passes({ queryCountThresholdPercentage: 0.03 })).toBe(false)
    expect(await passes({ queryCountThresholdPercentage: 0.04 })).toBe(true)
    await report({ operations: [use('B', 1)] })
    expect(await passes({ from: '-432000', to: '-0' })).toBe(true)
    expect(await passes({ from: '-864000', to: '-0' })).toBe(false)
  })

  it('lets nothing go while operations are not told apart, unless they are below the threshold', async () => {
    await report({ operations: [use('B', 97)], otherRequests: 3 })
    const statusesOf = async (config: unknown) =>
      (await check('a: Int b: Int', config)).map(({ severity }) => severity)
    expect(await statusesOf(null)).toEqual(['FAILURE'])
    expect(await statusesOf({ queryCountThreshold: 4 })).toEqual(['NOTICE'])
  })
})
