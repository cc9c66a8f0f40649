import { expect, it } from 'vitest'
import { z } from 'zod'
import { defineEvent } from './envelope.ts'

const raised = defineEvent({
  type: 'counter.raised',
  source: 'counters',
  data: z.strictObject({ by: z.int() }),
})

const event = raised.create({
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  subject: 'counter-1',
  version: 3,
  occurredAt: new Date('2026-01-02T03:04:05.678Z'),
  data: { by: 2 },
})

it('writes a CloudEvents 1.0 envelope', () => {
  expect(event).toEqual({
    specversion: '1.0',
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    source: 'counters',
    type: 'counter.raised',
    subject: 'counter-1',
    time: '2026-01-02T03:04:05.678Z',
    datacontenttype: 'application/json',
    dataschema: 'urn:supergraph:event:counter.raised',
    version: 3,
    data: { by: 2 },
  })
})

it('reads back what it wrote', () => {
  expect(raised.parse(JSON.parse(JSON.stringify(event)))).toEqual(event)
})

it('reads data to which a newer publisher has added fields, even if the contract is strict', () => {
  const newer = { ...event, weather: 'fine', data: { ...event.data, because: 'new' } }
  expect(raised.parse(newer)).toEqual(event)
})

it('reads what an older publisher sent, which had neither the newer attributes nor what was added as optional', () => {
  const grown = defineEvent({
    type: 'counter.raised',
    source: 'counters',
    data: z.object({ by: z.int(), because: z.string().optional() }),
  })
  const { dataschema, ...older } = event
  expect(grown.parse(older)).toEqual(older)
})

it('carries the trace of its cause, and is read without one that is invalid', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  expect(raised.parse({ ...event, traceparent })).toEqual({ ...event, traceparent })
  expect(raised.parse({ ...event, traceparent: '00-1-1-01', dataschema: 7 })).toEqual({
    ...event,
    dataschema: undefined,
  })
})

it.each([
  ['another type', { type: 'counter.lowered' }],
  ['data that break the contract', { data: { by: 'two' } }],
  ['no id', { id: undefined }],
  ['an id that is no UUID', { id: '1' }],
  ['no version', { version: undefined }],
  ['another CloudEvents version', { specversion: '2.0' }],
])('refuses %s', (_, change) => {
  expect(() => raised.parse({ ...event, ...change })).toThrow(z.ZodError)
})

it('does not write what breaks the contract', () => {
  const occurredAt = new Date(0)
  expect(() =>
    raised.create({ id: event.id, subject: 'a', version: 1, occurredAt, data: { by: 1.5 } }),
  ).toThrow(z.ZodError)
})
