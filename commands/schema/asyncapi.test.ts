import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { contracts } from '@supergraph/schema/events/contracts.ts'
import { consumerQueues, listeners } from '@supergraph/schema/events/queues.ts'
import { Ajv } from 'ajv'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { createAsyncApi } from './asyncapi-document.ts'

const asyncApiSchema: object = createRequire(import.meta.url)(
  '@asyncapi/specs/schemas/3.0.0-without-$id.json',
)

const happened = defineEvent({
  type: 'thing.happened',
  source: 'things',
  data: z.object({
    size: z.int(),
    owner: z.uuid().nullable(),
    colour: z.string().optional(),
    tags: z.record(z.string(), z.int()),
  }),
})
const world = {
  contracts: [happened],
  consumerQueues: [{ queue: 'watchers.on-thing-happened', events: [happened] }],
  listeners: { gateway: [happened] },
}

it('is valid AsyncAPI 3.0', () => {
  const validate = new Ajv({ strict: false, logger: false, validateFormats: false }).compile(asyncApiSchema)
  for (const document of [createAsyncApi(), createAsyncApi(world)]) {
    validate(document)
    expect(validate.errors ?? []).toEqual([])
  }
  expect(validate({ ...createAsyncApi(), operations: { 'no one': {} } })).toBe(false)
})

it('refers to nothing that is not there', () => {
  const document = createAsyncApi()
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
  expect(refs.length).toBeGreaterThan(contracts.length)
  for (const path of refs) {
    const target = path
      .split('/')
      .reduce<unknown>((node, key) => (node instanceof Object ? Reflect.get(node, key) : undefined), document)
    expect(target, path).toBeDefined()
  }
})

it('says who sends what to which exchange, and who receives it from which queue', () => {
  const { channels, operations } = createAsyncApi(world)
  expect(channels['thing.happened']).toMatchObject({
    address: 'thing.happened',
    bindings: { amqp: { is: 'routingKey', exchange: { name: 'supergraph.events', type: 'topic' } } },
  })
  expect(channels['watchers.on-thing-happened']).toMatchObject({
    bindings: { amqp: { is: 'queue', queue: { name: 'watchers.on-thing-happened', durable: true } } },
  })
  expect(Object.entries(operations).map(([name, { action }]) => `${name}: ${action}`)).toEqual([
    'things.sends.thing.happened: send',
    'watchers.on-thing-happened: receive',
    'gateway.hears.thing.happened: receive',
  ])
})

it('describes the data as it is sent, open to what is added later', () => {
  expect(createAsyncApi(world).components.schemas).toHaveProperty(['thing.happened'], {
    type: 'object',
    properties: {
      size: { type: 'integer' },
      owner: { anyOf: [{ type: 'string', format: 'uuid' }, { type: 'null' }] },
      colour: { type: 'string' },
      tags: { type: 'object', propertyNames: { type: 'string' }, additionalProperties: { type: 'integer' } },
    },
    required: ['size', 'owner', 'tags'],
  })
})

it('knows every event of every publisher, under the publisher that its file is named after', async () => {
  const folder = `${import.meta.dirname}/../../schema/events`
  for (const file of readdirSync(folder)) {
    if (['contracts.ts', 'queues.ts'].includes(file) || !file.endsWith('.ts')) continue
    const publisher = file.slice(0, -'.ts'.length)
    if (publisher.endsWith('.test')) continue
    const declared = Object.values<unknown>(await import(`${folder}/${file}`))
    expect(
      contracts.filter(({ source }) => source === publisher),
      file,
    ).toEqual(declared)
  }
})

it('tells of every event that somebody takes as one that somebody publishes', () => {
  const taken = [...consumerQueues.flatMap(({ events }) => events), ...Object.values(listeners).flat()]
  for (const event of taken) expect(contracts).toContain(event)
})

it('is what schema/asyncapi.yaml says', () => {
  const file = parse(readFileSync(`${import.meta.dirname}/../../schema/asyncapi.yaml`, 'utf8'))
  expect(file).toEqual(JSON.parse(JSON.stringify(createAsyncApi())))
})
