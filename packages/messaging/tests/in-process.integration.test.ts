import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Envelope } from '../envelope.ts'
import { createInProcessTransport } from '../in-process.ts'
import { openOutboxDeadLetters } from '../outbox/dead-letters.ts'
import { DeadLettered, type Outcome, RetryLater, StillBeingHandled, type Subscription } from '../transport.ts'
import { describeDeadLetters } from './dead-letter-suite.ts'
import { silent, type TransportUnderTest, testRetryDelaysMs } from './suite-world.ts'
import { describeTransport } from './transport-suite.ts'

const connect = async (): Promise<TransportUnderTest> => ({
  transport: createInProcessTransport({ logger: silent }, { retryDelaysMs: testRetryDelaysMs }),
  queue: 'test.on-counter-raised',
  openDeadLetters: async databaseUrl => openOutboxDeadLetters([databaseUrl]),
})

describeTransport('the in-process transport', connect)
describeDeadLetters('dead letters of the in-process transport', connect)

it('holds every event back until it is opened, so that no service that is still starting misses one', async () => {
  const transport = createInProcessTransport({ logger: silent, startsOpen: false })
  const early = createTaker('early')
  const late = createTaker('late')
  await transport.consume(early.subscription)
  const publishing = transport.publish(event('a'))
  await transport.consume(late.subscription)
  expect(early.taken).toEqual([])
  transport.open()
  await publishing
  expect([early.taken, late.taken]).toEqual([['a'], ['a']])
})

it('publishes nothing past a consumer that has stopped', async () => {
  const transport = createInProcessTransport({ logger: silent })
  const staying = createTaker('staying')
  const leaving = createTaker('leaving')
  await transport.consume(staying.subscription)
  const consumer = await transport.consume(leaving.subscription)
  await consumer.stop()
  await expect(transport.publish(event('a'))).rejects.toBeInstanceOf(RetryLater)
  await transport.consume(leaving.subscription)
  await transport.publish(event('a'))
  expect([staying.taken, leaving.taken]).toEqual([['a'], ['a']])
})

it('parks an event only when every consumer has either handled it or given up on it', async () => {
  const transport = createInProcessTransport({ logger: silent }, { retryDelaysMs: [1] })
  const refusing = createTaker('refusing', () => ({ kind: 'deadLetter', error: new Error('no') }))
  const slow = createTaker('slow', attempt =>
    attempt === 1 ? { kind: 'retry', error: new Error('later') } : { kind: 'ack' },
  )
  await transport.consume(refusing.subscription)
  await transport.consume(slow.subscription)
  await expect(transport.publish(event('a'))).rejects.toThrow('Not handled yet by slow')
  await expect
    .poll(() => transport.publish(event('a')).catch((error: Error) => error.message))
    .toBe('refusing, 1 attempts: no')
  expect([refusing.taken, slow.taken]).toEqual([['a'], ['a', 'a']])
})

it('keeps how a delivery ended until a publication comes for it', async () => {
  const transport = createInProcessTransport({ logger: silent })
  const { promise: answer, resolve } = Promise.withResolvers<Outcome>()
  const slow = createTaker('slow', () => answer)
  await transport.consume(slow.subscription)
  await expect(transport.publish(event('a'))).rejects.toBeInstanceOf(StillBeingHandled)
  resolve({ kind: 'deadLetter', error: new Error('no') })
  await expect
    .poll(() => transport.publish(event('a')).catch((error: unknown) => error))
    .toBeInstanceOf(DeadLettered)
  expect(slow.taken).toEqual(['a'])
})

const createTaker = (
  queue: string,
  answer: (attempt: number) => Outcome | Promise<Outcome> = () => ({ kind: 'ack' }),
) => {
  const taken: string[] = []
  const subscription: Subscription = {
    queue,
    types: ['counter.raised'],
    prefetch: 1,
    deliver: async (envelope, attempt) => {
      taken.push(
        typeof envelope === 'object' && envelope !== null && 'subject' in envelope
          ? String(envelope.subject)
          : '',
      )
      return answer(attempt)
    },
  }
  return { taken, subscription }
}

const ids = new Map<string, string>()

/** The same id for the same subject. */
const event = (subject: string): Envelope => {
  const id = ids.get(subject) ?? randomUUID()
  ids.set(subject, id)
  return {
    specversion: '1.0',
    id,
    source: 'test',
    type: 'counter.raised',
    subject,
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    version: 1,
    data: {},
  }
}
