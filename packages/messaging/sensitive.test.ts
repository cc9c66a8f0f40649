import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { defineEvent } from './envelope.ts'
import { sensitive, shownEnvelope } from './sensitive.ts'

const secret = sensitive(z.string())
const canary = 'canary'

const eventOf = <Shape extends z.ZodRawShape>(data: z.ZodObject<Shape>) =>
  defineEvent({ type: 'thing.sent', source: 'things', data })

const envelope = (data: object, attributes: object = {}) => ({
  specversion: '1.0',
  id: randomUUID(),
  source: 'things',
  type: 'thing.sent',
  subject: 'thing-1',
  time: '2026-01-02T03:04:05.678Z',
  datacontenttype: 'application/json',
  dataschema: 'urn:supergraph:event:thing.sent',
  version: 1,
  data,
  ...attributes,
})

it('hides what is marked, wherever it lies, and shows all else', () => {
  const thing = eventOf(
    z.object({
      id: z.uuid(),
      size: z.int().nullable(),
      isOpen: z.boolean().default(false),
      kind: z.enum(['big', 'small']),
      mark: z.literal('x'),
      at: z.iso.datetime(),
      name: secret,
      nickname: secret.nullable(),
      email: secret.min(1).optional(),
      phone: sensitive(z.string().nullable()),
      street: secret.default(canary),
      city: secret.catch(''),
      code: sensitive(z.int()),
      items: z.array(z.object({ sku: z.string(), notes: z.array(secret) })),
      to: sensitive(z.object({ line1: z.string() })),
      by: z.union([z.object({ robot: z.int() }), z.object({ person: secret })]),
      paid: z.discriminatedUnion('with', [
        z.object({ with: z.literal('card'), card: secret }),
        z.object({ with: z.literal('cash'), amount: z.int() }),
      ]),
      contact: z.union([z.string(), sensitive(z.email())]),
    }),
  )
  const shown = {
    id: randomUUID(),
    size: null,
    isOpen: true,
    kind: 'big',
    mark: 'x',
    at: '2026-01-02T03:04:05Z',
    paid: { with: 'cash', amount: 7 },
  }
  const given = envelope({
    ...shown,
    ...{ name: canary, nickname: canary, email: canary, phone: canary, city: canary, code: 4711 },
    items: [{ sku: 'MUG', notes: [canary, canary] }],
    to: { line1: canary },
    by: { person: canary },
    contact: `${canary}@example.com`,
  })
  const hidden = 'hidden'
  expect(shownEnvelope([thing], given)).toEqual({
    ...given,
    data: {
      ...shown,
      ...{
        name: hidden,
        nickname: hidden,
        email: hidden,
        phone: hidden,
        street: hidden,
        city: hidden,
        code: hidden,
      },
      items: [{ sku: 'MUG', notes: [hidden, hidden] }],
      to: hidden,
      by: { person: hidden },
      contact: hidden,
    },
  })
})

it('leaves null and what is missing as they are, and leaves out what the contract does not know', () => {
  const thing = eventOf(z.object({ name: secret.nullable(), email: secret.optional() }))
  const given = envelope({ name: null, address: canary }, { recipient: canary })
  expect(shownEnvelope([thing], given)).toEqual(envelope({ name: null }, { id: given.id }))
})

it.each([
  ['a record', z.record(z.string(), z.string()), { a: canary }],
  ['a tuple', z.tuple([z.string()]), [canary]],
  ['whatever it is', z.unknown(), canary],
  ['what it is made into', z.string().transform(text => [text]), canary],
  [
    'one kind and another',
    z.object({ a: z.string() }).and(z.object({ b: z.string() })),
    { a: canary, b: canary },
  ],
])('hides what is %s, of which it cannot tell what is marked', (_, kind, value) => {
  const shown = shownEnvelope([eventOf(z.object({ of: kind }))], envelope({ of: value }))
  expect(shown.data).toEqual({ of: 'hidden' })
})

it.each([
  ['of an unknown type', { type: 'thing.lost' }],
  ['of another version', { dataschema: 'urn:supergraph:event:thing.sent.v2' }],
  ['whose contract has no name', { dataschema: 7 }],
  ['with data that break the contract', { data: { name: { first: canary } } }],
  ['without data', { data: undefined }],
  ['without a version', { version: undefined }],
])('shows only id, type, time and subject of an event %s', (_, change) => {
  const thing = eventOf(z.object({ name: secret }))
  const given = envelope({ name: canary }, { recipient: canary, ...change })
  const { id, type, time, subject } = given
  expect(shownEnvelope([thing], given)).toEqual({ id, type, time, subject })
})

it('shows an event of before contracts had names by the contract of its type', () => {
  const thing = eventOf(z.object({ name: secret }))
  const given = envelope({ name: canary }, { dataschema: undefined })
  expect(shownEnvelope([thing], given).data).toEqual({ name: 'hidden' })
})

it.each([
  [null],
  [canary],
  [[canary]],
  [Buffer.from(canary)],
  [{ type: { name: canary }, id: [canary], email: canary }],
])('shows nothing of a message that is no event', message => {
  expect(JSON.stringify(shownEnvelope([], message))).toBe('{}')
})
