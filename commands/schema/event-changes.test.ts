import { type EventDocuments, findEventChanges } from '@supergraph/composition/event-changes.ts'
import type { Finding } from '@supergraph/composition/finding.ts'
import { defineEvent, type EventType } from '@supergraph/messaging/envelope.ts'
import { sensitive } from '@supergraph/messaging/sensitive.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createPublishedApi, createReceivedApi } from './asyncapi-document.ts'

const data = z.object({
  orderId: z.uuid(),
  note: z.string().nullable(),
  colour: z.enum(['red', 'blue']),
  gift: z.boolean().optional(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
})

const placed = (shape: z.ZodObject, type = 'order.placed') =>
  defineEvent({ type, source: 'orders', data: shape })

const queue = 'notifications.on-order-changed'

const world = (published: readonly EventType[], taken: readonly EventType[] = published): EventDocuments => ({
  published: createPublishedApi(published),
  received: [
    createReceivedApi(
      { service: 'notifications', queues: [{ queue, events: taken }], listensTo: [] },
      'subgraphs/notifications',
    ),
  ],
})

const base = world([placed(data)])

const change = (shape: z.ZodObject): readonly Finding[] => findEventChanges(base, world([placed(shape)]))

describe('changes that break a reader, old or new', () => {
  it.each([
    ['a removed field', data.omit({ note: true }), 'EVENT_FIELD_REMOVED', 'note'],
    ['another type', data.extend({ note: z.int().nullable() }), 'EVENT_FIELD_RETYPED', 'note'],
    ['a looser format', data.extend({ orderId: z.string() }), 'EVENT_FIELD_RETYPED', 'orderId'],
    ['a field that may be missing', data.partial({ orderId: true }), 'EVENT_FIELD_OPTIONAL', 'orderId'],
    [
      'a field that may be null',
      data.extend({ orderId: z.uuid().nullable() }),
      'EVENT_FIELD_NULLABLE',
      'orderId',
    ],
    [
      'a field that may not be null any more',
      data.extend({ note: z.string() }),
      'EVENT_FIELD_NOT_NULLABLE',
      'note',
    ],
    ['an optional field that became required', data.required({ gift: true }), 'EVENT_FIELD_REQUIRED', 'gift'],
    ['a new required field', data.extend({ vat: z.int() }), 'EVENT_FIELD_REQUIRED', 'vat'],
    ['a narrowed enum', data.extend({ colour: z.enum(['red']) }), 'EVENT_ENUM_VALUE_REMOVED', 'colour'],
    [
      'a widened enum',
      data.extend({ colour: z.enum(['red', 'blue', 'green']) }),
      'EVENT_ENUM_VALUE_ADDED',
      'colour',
    ],
    ['an enum that became text', data.extend({ colour: z.string() }), 'EVENT_FIELD_RETYPED', 'colour'],
    [
      'a list that became one',
      data.extend({ lines: z.object({ sku: z.string(), quantity: z.int() }) }),
      'EVENT_FIELD_RETYPED',
      'lines',
    ],
    [
      'a change within a list',
      data.extend({ lines: z.array(z.object({ sku: z.string() })) }),
      'EVENT_FIELD_REMOVED',
      'lines[].quantity',
    ],
  ])('refuses %s, names who takes it and the way out', (_, shape, code, field) => {
    expect(change(shape)).toEqual([
      {
        status: 'FAIL',
        code,
        path: `order.placed.${field}`,
        message: expect.stringMatching(
          /; publish order\.placed\.v2 beside it until nobody takes order\.placed$/,
        ),
        operations: [queue],
      },
    ])
  })

  it('refuses an event that is gone, even if nobody took it', () => {
    for (const taken of [[placed(data)], []]) {
      expect(findEventChanges(world([placed(data)], taken), world([]))).toContainEqual(
        expect.objectContaining({ status: 'FAIL', code: 'EVENT_REMOVED', path: 'order.placed' }),
      )
    }
  })

  it('refuses a queue that stops taking an event, and one that is gone', () => {
    const taken = findEventChanges(base, world([placed(data)], []))
    expect(taken).toEqual([
      {
        status: 'FAIL',
        code: 'QUEUE_EVENT_REMOVED',
        path: `${queue} ← order.placed`,
        message: expect.stringContaining('take order.placed.v2 beside it first'),
        operations: [queue],
      },
    ])
    const gone = { published: createPublishedApi([placed(data)]), received: [] }
    expect(findEventChanges(base, gone)).toMatchObject([{ status: 'FAIL', code: 'QUEUE_REMOVED' }])
  })
})

describe('changes that do not', () => {
  it('passes a new optional field, a new event and a queue that takes more', () => {
    expect(change(data.extend({ vat: z.int().optional() }))).toEqual([
      expect.objectContaining({ status: 'PASS', code: 'EVENT_FIELD_ADDED', path: 'order.placed.vat' }),
    ])
    const both = [placed(data), placed(data, 'order.shipped')]
    expect(findEventChanges(base, world(both)).map(({ status, code }) => `${status} ${code}`)).toEqual([
      'PASS EVENT_ADDED',
      'PASS QUEUE_EVENT_ADDED',
    ])
  })

  it('finds nothing in equal contracts, or in changed descriptions and marks', () => {
    expect(change(data)).toEqual([])
    expect(change(data.extend({ note: z.string().nullable().describe('for the courier') }))).toEqual([])
    expect(change(data.extend({ note: sensitive(z.string()).nullable() }))).toEqual([])
    const line = z.object({ sku: z.string(), quantity: z.int().meta({ format: 'int64' }) })
    expect(change(data.extend({ lines: z.array(line) }))).toEqual([])
  })

  it('lets a contract be removed in steps: add its successor, then move its consumers, then remove it', () => {
    const [first, second] = [placed(data), placed(data.omit({ note: true }), 'order.placed.v2')]
    const both = [first, second]
    const steps = [world([first]), world(both), world(both, [second]), world([second])] as const
    for (const [index, step] of steps.entries()) {
      const changes = findEventChanges(steps[Math.max(index - 1, 0)] ?? step, step)
      expect(
        changes.filter(({ status }) => status === 'FAIL'),
        `step ${index}`,
      ).toEqual([])
    }
    expect(findEventChanges(steps[1], steps[3])).toContainEqual(
      expect.objectContaining({ status: 'FAIL', code: 'EVENT_REMOVED' }),
    )
  })
})
