import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

/** A process of the benchmark that answers questions, one after the other. */
export type Child = {
  /** What the process said when it had started. */
  readonly ready: unknown
  readonly ask: (question: unknown) => Promise<unknown>
  readonly stop: () => Promise<void>
}

/** What runs on which core, if there are two and `taskset` can choose. */
export const cores = { gateway: '0', rest: '1' } as const

/** Whether processes can be kept on one core each. */
export const canPin =
  availableParallelism() > 1 && spawnSync('taskset', ['-c', cores.rest, 'true']).status === 0

/** Starts a program with Node on one core, and waits until it says that it runs. It ends with this process. */
export const startChild = async (
  program: string,
  settings: unknown,
  { core, execArgv = [] }: { readonly core: string; readonly execArgv?: readonly string[] },
): Promise<Child> => {
  const path = new URL(program, import.meta.url).pathname
  const pinned = canPin ? ['-c', core, process.execPath] : []
  const child = fork(path, [JSON.stringify(settings)], {
    serialization: 'advanced',
    env: { ...process.env, NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: 'true' },
    ...(canPin ? { execPath: 'taskset', execArgv: [...pinned, ...execArgv] } : { execArgv: [...execArgv] }),
  })
  const ended = new AbortController()
  child.once('exit', code => ended.abort(new Error(`${program} ended with ${code}`)))
  const next = async (): Promise<unknown> => {
    const [message] = await once(child, 'message', { signal: ended.signal }).catch(() => {
      throw ended.signal.reason
    })
    return message
  }
  const ready = await next()
  return {
    ready,
    ask: async question => {
      ended.signal.throwIfAborted()
      child.send({ question })
      return next()
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
