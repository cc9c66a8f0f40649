import { Worker } from 'node:worker_threads'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { networkOf } from '@supergraph/runtime/network.ts'
import { clientGone } from '../errors.ts'
import type { OperationClient } from '../subgraphs/call.ts'
import type { PlanAnswer, PlanRequest } from './background-planner-thread.ts'
import { createFairQueue } from './fair-queue.ts'

const threadFile = new URL('background-planner-thread.ts', import.meta.url)
// n.b. a document that takes more ends the thread, and not the process
const resourceLimits = { maxOldGenerationSizeMb: 192 }

type Task = {
  readonly request: PlanRequest
  /** All who wait for it. */
  readonly clients: OperationClient[]
  readonly answer: PromiseWithResolvers<PlanAnswer>
}

type Thread = { readonly worker: Worker; state: 'loading' | 'idle' | Task }

/** Plans operations beside the process's other work. */
export type BackgroundPlanner = ReturnType<typeof createBackgroundPlanner>

/**
 * Plans operations of a composed supergraph in a thread, one at a time; networks take turns. The thread is loaded when it is
 * asked for the first time: what it takes of memory is for processes that get large documents.
 */
export const createBackgroundPlanner = (sdl: string, logger: Pick<Logger, 'error'>) => {
  let waiting = createFairQueue<Task>()
  const underWay = new Map<string, Task>()
  let thread: Thread | undefined
  let isUsable = true
  let isStopped = false

  const giveNext = (to: Thread): void => {
    let task = waiting.take()
    while (task?.clients.every(({ gone }) => gone?.aborted)) {
      task.answer.reject(clientGone())
      task = waiting.take()
    }
    to.state = task ?? 'idle'
    if (task !== undefined) to.worker.postMessage(task.request)
  }

  const rejectAll = (error: unknown): void => {
    for (const { answer } of underWay.values()) answer.reject(error)
    waiting = createFairQueue()
  }

  const load = (): Thread => {
    // n.b. what the process itself imports first is not for its threads
    const worker = new Worker(threadFile, { workerData: sdl, resourceLimits, execArgv: [] })
    const loaded: Thread = { worker, state: 'loading' }
    worker.unref()
    worker.on('message', (message: PlanAnswer | 'ready') => {
      if (message !== 'ready' && typeof loaded.state === 'object') loaded.state.answer.resolve(message)
      giveNext(loaded)
    })
    let reason: unknown
    worker.on('error', error => {
      reason = error
    })
    worker.on('exit', () => {
      // n.b. a thread that can't load would not load the next time
      isUsable &&= loaded.state !== 'loading'
      thread = undefined
      if (isStopped) return
      logger.error({ err: reason }, 'the thread that plans large operations ended')
      rejectAll(new Error('the operation could not be planned', { cause: reason }))
    })
    return loaded
  }

  const begin = (key: string, request: PlanRequest, client: OperationClient, on: Thread): Task => {
    const task: Task = { request, clients: [client], answer: Promise.withResolvers() }
    waiting.add(networkOf(client.clientAddress ?? ''), task)
    underWay.set(key, task)
    const forget = () => void underWay.delete(key)
    task.answer.promise.then(forget, forget)
    if (on.state === 'idle') giveNext(on)
    return task
  }

  return {
    /**
     * Resolves to what to fetch, or to 'failed' if the planner threw; who asks with the same key meanwhile waits for the
     * same. Gives undefined if the thread is not loaded: the caller then plans itself. Rejects with BAD_REQUEST if all who
     * asked have gone before it was begun; throws TOO_MANY_OPERATIONS if 1,000 of the client's network wait.
     */
    plan: (
      { key, ...request }: PlanRequest & { readonly key: string },
      client: OperationClient,
    ): Promise<PlanAnswer> | undefined => {
      if (!isUsable) return undefined
      thread ??= load()
      if (thread.state === 'loading') return undefined
      const before = underWay.get(key)
      before?.clients.push(client)
      return (before ?? begin(key, request, client, thread)).answer.promise
    },

    stop: async (): Promise<void> => {
      isUsable = false
      isStopped = true
      rejectAll(clientGone())
      await thread?.worker.terminate()
    },
  }
}
