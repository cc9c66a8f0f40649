import type { Connection } from 'rabbitmq-client'
import { declareQueue, findQueue } from './declare-queue.ts'
import {
  deadQueueOf,
  formerRetryQueuesOf,
  holdingQueueOf,
  keepingDeclaration,
  queueDeclaration,
  retryDeclaration,
  retryQueueOf,
  retryQueuesOf,
} from './topology.ts'

/** A queue as it stands on the broker, named without the namespace. */
export type QueueState = {
  readonly queue: string
  /** The consumer's queue that it is, or stands beside. */
  readonly consumerQueue: string
  /**
   * `different`: it stands with other arguments. `unfinished`: it stands in for a queue whose renewal ended half-way. `unused`:
   * messages waited in it for another release. `abandoned`: its consumer is gone.
   */
  readonly state: 'as wanted' | 'different' | 'missing' | 'unfinished' | 'unused' | 'abandoned'
  /** In what it differs. */
  readonly difference?: string
  /** How many are ready; those that are being handled are not among them. */
  readonly messages: number
  readonly consumers: number
}

/** Whether a renewal has to do something with this queue. */
export const needsRenewal = ({ state }: QueueState): boolean =>
  state === 'different' || state === 'unfinished' || state === 'unused'

/** Tells how the queues of an installation stand: those of a consumer by its name without the namespace, others by the whole name. */
export const createQueueStates = (
  connection: Connection,
  {
    exchange,
    scoped,
    unscoped,
    retryDelaysMs,
  }: {
    readonly exchange: string
    readonly scoped: (name: string) => string
    readonly unscoped: (name: string) => string
    readonly retryDelaysMs: readonly number[]
  },
) => {
  const stands = async (queue: string): Promise<boolean> => (await findQueue(connection, queue)) !== undefined

  const retryDeclarations = (queue: string) =>
    retryQueuesOf(queue, retryDelaysMs).map(waiting => retryDeclaration(exchange, queue, waiting))

  /** The retry queues that stand, and that the code does not use. */
  const findUnused = async (queue: string): Promise<readonly string[]> => {
    const found: string[] = []
    for (const waiting of formerRetryQueuesOf(queue)) if (await stands(waiting)) found.push(waiting)
    for (let next = retryDelaysMs.length + 1; await stands(retryQueueOf(queue, next)); next += 1)
      found.push(retryQueueOf(queue, next))
    return found
  }

  const look = async (
    consumerQueue: string,
    names: readonly string[],
    state: QueueState['state'],
  ): Promise<readonly QueueState[]> => {
    const states: QueueState[] = []
    for (const name of names) {
      const found = await findQueue(connection, name)
      if (found !== undefined) states.push({ queue: unscoped(name), consumerQueue, state, ...found })
    }
    return states
  }

  /** The queue of a consumer, and those beside it. */
  const ofConsumer = async (consumerQueue: string): Promise<readonly QueueState[]> => {
    const queue = scoped(consumerQueue)
    const dead = deadQueueOf(queue)
    const states: QueueState[] = []
    for (const declaration of [
      queueDeclaration(queue),
      keepingDeclaration(dead),
      ...retryDeclarations(queue),
    ]) {
      const found = await findQueue(connection, declaration.queue)
      const named = { queue: unscoped(declaration.queue), consumerQueue }
      if (found === undefined) {
        if (declaration.queue === queue)
          states.push({ ...named, state: 'missing', messages: 0, consumers: 0 })
        continue
      }
      const difference = await declareQueue(connection, declaration)
      states.push(
        difference === undefined
          ? { ...named, state: 'as wanted', ...found }
          : { ...named, state: 'different', difference, ...found },
      )
    }
    return [
      ...states,
      ...(await look(consumerQueue, [holdingQueueOf(queue), holdingQueueOf(dead)], 'unfinished')),
      ...(await look(consumerQueue, await findUnused(queue), 'unused')),
    ]
  }

  /** What a consumer that is gone has left. */
  const ofFormer = async (name: string): Promise<readonly QueueState[]> => {
    const queue = scoped(name)
    const dead = deadQueueOf(queue)
    const names = [queue, dead, ...retryQueuesOf(queue, retryDelaysMs), ...(await findUnused(queue))]
    return look(name, [...names, holdingQueueOf(queue), holdingQueueOf(dead)], 'abandoned')
  }

  return { stands, retryDeclarations, findUnused, ofConsumer, ofFormer }
}
