import { globSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, posix } from 'node:path'
import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { contracts } from '@supergraph/schema/events/contracts.ts'
import { Ajv } from 'ajv'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { receivers } from '../../queues.ts'
import { services } from '../../services.ts'
import { createPublishedApi, createReceivedApi, publishedFile, receivedFile } from './asyncapi-document.ts'

const root = join(import.meta.dirname, '../..')

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
const published = createPublishedApi([happened])
const queue = { queue: 'watchers.on-thing-happened', events: [happened] }
const received = createReceivedApi(
  { service: 'gateway', queues: [queue], listensTo: [happened] },
  'subgraphs/gateway',
)

const documents = new Map<string, object>([
  [publishedFile, createPublishedApi(contracts)],
  ...receivers.map(receiver => {
    const { folder } = services[receiver.service]
    return [receivedFile(folder), createReceivedApi(receiver, folder)] as const
  }),
])

it('is valid AsyncAPI 3.0', () => {
  const validate = new Ajv({ strict: false, logger: false, validateFormats: false }).compile(asyncApiSchema)
  for (const document of [...documents.values(), published, received]) {
    validate(document)
    expect(validate.errors ?? []).toEqual([])
  }
  expect(validate({ ...published, operations: { 'no one': {} } })).toBe(false)
})

it('refers to nothing that is not there', () => {
  const refs = [...documents].flatMap(([file, document]) =>
    [...JSON.stringify(document).matchAll(/"\$ref":"([^#"]*)#\/([^"]+)"/g)].map(([, to = '', path = '']) => ({
      file: to === '' ? file : posix.join(posix.dirname(file), to),
      path,
    })),
  )
  expect(refs.length).toBeGreaterThan(contracts.length)
  for (const { file, path } of refs) {
    const target = path
      .split('/')
      .reduce<unknown>(
        (node, key) => (node instanceof Object ? Reflect.get(node, key) : undefined),
        documents.get(file),
      )
    expect(target, `${file}#/${path}`).toBeDefined()
  }
})

it('says who sends what to which exchange, and who receives it from which queue', () => {
  expect(published.channels['thing.happened']).toMatchObject({
    address: 'thing.happened',
    bindings: { amqp: { is: 'routingKey', exchange: { name: 'supergraph.events', type: 'topic' } } },
  })
  expect(received.channels['watchers.on-thing-happened']).toMatchObject({
    bindings: { amqp: { is: 'queue', queue: { name: 'watchers.on-thing-happened', durable: true } } },
  })
  const operations = { ...published.operations, ...received.operations }
  expect(Object.entries(operations).map(([name, { action }]) => `${name}: ${action}`)).toEqual([
    'things.sends.thing.happened: send',
    'watchers.on-thing-happened: receive',
    'gateway.hears.thing.happened: receive',
  ])
})

it('describes the data as it is sent, open to what is added later', () => {
  expect(published.components.schemas).toHaveProperty(['thing.happened'], {
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
  const folder = join(root, 'schema/events')
  for (const file of readdirSync(folder)) {
    if (file === 'contracts.ts' || !file.endsWith('.ts')) continue
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
  const taken = receivers
    .flatMap(({ queues, listensTo }) => [...queues, { events: listensTo }])
    .flatMap(({ events }) => events)
  expect(taken.length).toBeGreaterThan(0)
  for (const event of taken) expect(contracts).toContain(event)
})

it('is what the committed files say, of which there are no others', () => {
  const files = globSync(['schema/asyncapi.yaml', '{*,*/*}/generated/asyncapi.yaml'], {
    cwd: root,
    exclude: ['node_modules'],
  })
  const read = (file: string): unknown => parse(readFileSync(join(root, file), 'utf8'))
  expect(Object.fromEntries(files.map(file => [file, read(file)]))).toEqual(
    JSON.parse(JSON.stringify(Object.fromEntries(documents))),
  )
})
