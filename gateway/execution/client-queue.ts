import { AsyncLocalStorage } from 'node:async_hooks'
import { networkOf } from '@supergraph/runtime/network.ts'
import { clientGone } from '../errors.ts'
import type { OperationClient } from '../subgraphs/call.ts'
import { createFairQueue } from './fair-queue.ts'

const sliceMs = 1

/** The turns in which a process works for strangers. */
export type ClientQueue = ReturnType<typeof createClientQueue>

/**
 * Runs tasks that hold up everything else, such as to read a message or to plan: clients take turns, those of one network
 * share theirs, and after 1 ms whatever else is due runs before the next task. What a task leaves to promises counts as its
 * own, up to what it has to wait for.
 */
export const createClientQueue = (nowMs: () => number = () => performance.now()) => {
  const outsideRequests = AsyncLocalStorage.snapshot()
  const waiting = createFairQueue<() => void>()
  let isWorking = false

  const work = (): void => {
    const endMs = nowMs() + sliceMs
    const step = (): void => {
      const task = waiting.take()
      if (task === undefined) {
        isWorking = false
        return
      }
      task()
      // n.b. a tick from a microtask comes when no promise has anything left to do: the clock is read after the whole task
      queueMicrotask(() =>
        process.nextTick(() => (nowMs() < endMs && !waiting.isEmpty() ? step() : setImmediate(work))),
      )
    }
    step()
  }

  const workLater = (): void => {
    isWorking = true
    // n.b. else the tasks of a network would run in the trace of another one
    outsideRequests(setImmediate, work)
  }

  /**
   * Runs a task, which may not throw, in the turn of its network: at once if none has run since other work had its turn.
   * Throws TOO_MANY_OPERATIONS if 1,000 tasks of the network wait.
   */
  const begin = (network: string, task: () => void): void => {
    if (!isWorking) {
      workLater()
      task()
      return
    }
    waiting.add(network, task)
  }

  return {
    begin,

    /** Gives what a task gives; a task whose client has gone is not begun, and throws. */
    run: <T>({ clientAddress = '', gone }: OperationClient, task: () => T | PromiseLike<T>): Promise<T> =>
      new Promise((resolve, reject) =>
        begin(networkOf(clientAddress), () => {
          try {
            if (gone?.aborted) throw clientGone()
            resolve(task())
          } catch (error) {
            reject(error)
          }
        }),
      ),
  }
}
