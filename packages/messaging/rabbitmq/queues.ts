import { setTimeout } from 'node:timers/promises'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { defaultRetryDelaysMs, type Options } from '../transport.ts'
import { closeConnection, closeInTime } from './client.ts'
import { openConnection } from './connection.ts'
import { declareQueue, findQueue } from './declare-queue.ts'
import { createConfirmedPublisher } from './publisher.ts'
import { createQueueStates, needsRenewal, type QueueState } from './queue-states.ts'
import { createRenewal, type RenewalTimes } from './renewal.ts'
import {
  deadQueueOf,
  eventsExchange,
  exchangeDeclaration,
  keepingDeclaration,
  keysOf,
  queueDeclaration,
  scopedBy,
  turnOf,
} from './topology.ts'
import { deadLettersTurn, inTurn } from './turn.ts'

/** What a renewal did, and for how long consumers waited for it. */
export type Renewal = {
  readonly renewed: readonly string[]
  readonly deleted: readonly string[]
  readonly pausedMs: number
}

/** The queues of an installation, which are named without the namespace. */
export type Queues = Running & {
  readonly list: () => Promise<readonly QueueState[]>
  /**
   * Gives a consumer's queue, and those beside it, the arguments that the code wants, and deletes retry queues that the code
   * does not use. Nothing is lost, and messages may come twice. Throws `RenewalInterrupted`: done again, it goes on from there.
   */
  readonly renew: (consumerQueue: string) => Promise<Renewal>
  /**
   * Deletes a queue that no consumer uses, those beside it, and all that lies in them; returns what it deleted, or would delete
   * if it is a dry run.
   */
  readonly drop: (queue: string, isDryRun?: boolean) => Promise<readonly QueueState[]>
}

/** The queue can't be changed so; the message says why, and what to do. */
export class QueueRefused extends ExpectedError {
  override readonly name = 'QueueRefused'
}

/** A renewal ended half-way; the message says why. It can be done again. */
export class RenewalInterrupted extends ExpectedError {
  override readonly name = 'RenewalInterrupted'
}

const defaultTimes: RenewalTimes = { quietMs: 1_000, patienceMs: 60_000 }
const waitPollMs = 250
// n.b. a renewal says itself why it ended
const silent = { info: () => {}, warn: () => {}, error: () => {} }

/**
 * Opens the queues of these consumers, and of those that earlier releases had. Throws `BrokerUnavailable` within 5 s if there is
 * no broker.
 */
export const openRabbitMqQueues = async (
  {
    url,
    namespace,
    consumers,
    formerQueues,
  }: {
    readonly url: string
    readonly namespace?: string | undefined
    readonly consumers: readonly { readonly queue: string; readonly types: readonly string[] }[]
    readonly formerQueues: readonly string[]
  },
  { retryDelaysMs = defaultRetryDelaysMs, ...times }: Options & Partial<RenewalTimes> = {},
): Promise<Queues> => {
  const scoped = scopedBy(namespace)
  const unscoped = (name: string) => name.slice(scoped('').length)
  const exchange = scoped(eventsExchange)
  // n.b. the answer to each refusal, and the next question, would else wait 40 ms for an acknowledgement of TCP
  const broker = await openConnection(url, 'queues', silent, { noDelay: true })
  const { connection } = broker
  // n.b. turns are lost with the connection: nothing may go on over another one
  let isLost = false
  connection.once('error', () => {
    isLost = true
    connection.unsafeDestroy()
  })
  const publisher = createConfirmedPublisher(broker, {})
  const { bind, untilAlone, remove, replace } = createRenewal(
    { connection, publisher, exchange },
    { ...defaultTimes, ...times },
  )

  const inTurnOf = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const taken = `Someone else works on the queue ${name}: try again when they are done.`
    return inTurn(connection, { turn: turnOf(scoped(name)), waitMs: 30_000, taken }, work)
  }

  const { stands, retryDeclarations, findUnused, ofConsumer, ofFormer } = createQueueStates(connection, {
    exchange,
    scoped,
    unscoped,
    retryDelaysMs,
  })

  /** Waits until no message waits in the queue, or none can any more. */
  const untilNoneWaits = async (queue: string): Promise<void> => {
    const givesUpAtMs = performance.now() + Math.max(...defaultRetryDelaysMs, ...retryDelaysMs)
    while (((await findQueue(connection, queue))?.messages ?? 0) > 0 && performance.now() < givesUpAtMs)
      await setTimeout(waitPollMs)
  }

  const isStale = async (name: string): Promise<boolean> => (await ofConsumer(name)).some(needsRenewal)

  const renewInTurn = async (queue: string, keys: readonly string[]): Promise<Renewal> => {
    const startedAtMs = performance.now()
    const deleted: string[] = []
    const renewed: string[] = []
    await connection.exchangeDeclare(exchangeDeclaration(exchange))
    if (await stands(queue)) {
      await untilAlone(queue)
      await bind(queue, keys)
    }
    // n.b. retry queues go first: those of earlier releases return messages to the queue's name, and not over its bindings
    const removeWaiting = async (waiting: string) => {
      await untilNoneWaits(waiting)
      await remove(waiting, queue)
    }
    // n.b. from the last one: they are found by their numbers, up to the first that is not there
    for (const waiting of (await findUnused(queue)).toReversed()) {
      await removeWaiting(waiting)
      deleted.push(unscoped(waiting))
    }
    for (const declaration of retryDeclarations(queue)) {
      if (!(await stands(declaration.queue))) continue
      if ((await declareQueue(connection, declaration)) === undefined) continue
      await removeWaiting(declaration.queue)
      await declareQueue(connection, declaration)
      renewed.push(unscoped(declaration.queue))
    }
    const dead = keepingDeclaration(deadQueueOf(queue))
    await inTurn(connection, deadLettersTurn(scoped), async () => {
      if (await replace(dead, [])) renewed.push(unscoped(dead.queue))
    })
    if (await replace(queueDeclaration(queue), keys)) renewed.push(unscoped(queue))
    return { renewed, deleted, pausedMs: performance.now() - startedAtMs }
  }

  return {
    list: async () => {
      const states: QueueState[] = []
      for (const { queue } of consumers) states.push(...(await ofConsumer(queue)))
      for (const queue of formerQueues) states.push(...(await ofFormer(queue)))
      return states
    },
    renew: async name => {
      const consumer = consumers.find(({ queue }) => queue === name)
      if (consumer === undefined) throw new QueueRefused(`No consumer takes from ${name}.`)
      const queue = scoped(name)
      const keys = keysOf(queue, consumer.types)
      try {
        // n.b. what can be waited for without a pause of the consumers is waited for before it
        for (const waiting of await findUnused(queue)) await untilNoneWaits(waiting)
        return await inTurnOf(name, async () =>
          (await isStale(name)) ? renewInTurn(queue, keys) : { renewed: [], deleted: [], pausedMs: 0 },
        )
      } catch (error) {
        if (error instanceof ExpectedError) throw error
        throw new RenewalInterrupted(
          `The renewal of ${name} ended half-way: ${messageOf(error).replace(/\.$/, '')}. Nothing is lost, and consumers go on. Mend that and renew it again: it goes on from there.`,
          { cause: error },
        )
      }
    },
    drop: async (name, isDryRun = false) => {
      const consumer = consumers.find(({ queue }) => name === queue || name.startsWith(`${queue}.`))
      if (consumer !== undefined)
        throw new QueueRefused(`${name} is not dropped: this release consumes ${consumer.queue}.`)
      return inTurnOf(name, async () => {
        const found = await ofFormer(name)
        if (found.length === 0) throw new QueueRefused(`There is no queue ${name}.`)
        if (found.some(({ consumers }) => consumers > 0))
          throw new QueueRefused(`${name} is not dropped: a process consumes it. Stop that first.`)
        for (const { queue } of isDryRun ? [] : found.toReversed())
          await connection.queueDelete(scoped(queue))
        return found
      })
    },
    stop: async () => {
      if (isLost) return
      await closeInTime(publisher)
      await closeConnection(connection)
    },
  }
}
