import { setImmediate } from 'node:timers/promises'
import { networkOf } from '@supergraph/runtime/network.ts'
import { clientGone, gatewayError } from '../errors.ts'
import type { OperationClient } from '../subgraphs/call.ts'

const maxWaitingPerClient = 1_000

/**
 * Runs tasks that hold up everything else, such as planning, one at a time: clients take turns, those of one network share
 * theirs, and between two tasks whatever else is due runs. A task whose client has gone is not begun, and throws; a client
 * with 1,000 tasks that wait gets TOO_MANY_OPERATIONS.
 */
export const createClientQueue = () => {
  const waiting = new Map<string, (() => void)[]>()
  let isRunning = false

  const work = async (): Promise<void> => {
    isRunning = true
    // n.b. a Map's iteration comes to a client again that is put back at its end
    for (const [client, tasks] of waiting) {
      const task = tasks.shift()
      waiting.delete(client)
      if (tasks.length > 0) waiting.set(client, tasks)
      task?.()
      await setImmediate()
    }
    isRunning = false
  }

  return {
    run: <T>({ clientAddress = '', gone }: OperationClient, task: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        const network = networkOf(clientAddress)
        const tasks = waiting.get(network) ?? []
        if (tasks.length >= maxWaitingPerClient)
          return reject(
            gatewayError(
              'TOO_MANY_OPERATIONS',
              'Too many new or large operations wait: send fewer at a time.',
            ),
          )
        tasks.push(() => {
          try {
            if (gone?.aborted) throw clientGone()
            resolve(task())
          } catch (error) {
            reject(error)
          }
        })
        waiting.set(network, tasks)
        if (!isRunning) void work()
      }),
  }
}
