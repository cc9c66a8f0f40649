import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { services } from '../../services.ts'
import { startProcess, type TestProcess } from '../processes.ts'
import type { AskUsage } from '../usage.ts'
import { waitUntil } from '../waiting.ts'
import { type Plan, type ProcessName, serviceOf } from './plan.ts'

/** The processes of a system. Each can be killed, paused, and started again at its port. */
export type SystemProcesses = Running & {
  /** Starts a process that does not run, and waits until it is healthy. */
  readonly start: (process: ProcessName) => Promise<void>
  /** Starts what does not run and wakes up what is paused. */
  readonly restore: () => Promise<void>
  /** kill -9; resolves when the process is gone. */
  readonly kill: (process: ProcessName) => Promise<void>
  /** SIGTERM; resolves with its exit code when the process is gone. */
  readonly terminate: (process: ProcessName) => Promise<number | null | undefined>
  /** SIGSTOP, until `resume`. */
  readonly pause: (process: ProcessName) => void
  readonly resume: (process: ProcessName) => void
  /** Lets a process run before all others when the cores are busy; returns false if that is not allowed here. */
  readonly prefer: (process: ProcessName) => boolean
  readonly residentBytes: (process: ProcessName) => Promise<number>
  /** What a probed process has used. */
  readonly askUsage: (process: ProcessName, ...[question]: Parameters<AskUsage>) => ReturnType<AskUsage>
  /** The processes that ended though nobody ended them, each told once, with the end of its output. */
  readonly takeUnexpectedEnds: () => readonly string[]
  /** Everything that the processes have printed so far. */
  readonly output: () => string
}

export type ProcessOptions = {
  /** Gets a file of each process's output. */
  readonly logFolder?: string | undefined
  /** The arguments of Node for a process: the `main.ts` of its service, unless given. */
  readonly argumentsOf?: (process: ProcessName) => readonly string[]
  /** The folder of the code with which a process is started: this code, unless given. */
  readonly codeFolderOf?: ((process: ProcessName) => string | undefined) | undefined
  /** A program that becomes a process, such as one that enters a namespace first. */
  readonly launcherOf?: ((process: ProcessName) => readonly string[] | undefined) | undefined
  /** The processes that tell what they use. */
  readonly probed?: readonly ProcessName[]
}

const startWithinMs = 90_000
// n.b. Asking a dozen processes every 20 ms cost as much CPU time as starting two of them.
const askEveryMs = 100
const logTailLength = 2_000

/** Starts every process of a plan. */
export const startProcesses = async (
  { processNames, settingsOf, originOf }: Pick<Plan, 'processNames' | 'settingsOf' | 'originOf'>,
  {
    logFolder,
    argumentsOf = mainOf,
    codeFolderOf = () => undefined,
    launcherOf = () => undefined,
    probed = [],
  }: ProcessOptions = {},
): Promise<SystemProcesses> => {
  const running = new Map<ProcessName, TestProcess>()
  const paused = new Set<ProcessName>()
  const started: TestProcess[] = []
  let unexpectedEnds: readonly string[] = []
  let isStopped = false

  const noteEnd = (name: ProcessName, ended: TestProcess, code: number | null): void => {
    const output = ended.output()
    if (logFolder !== undefined) createWriteStream(join(logFolder, `${name}.log`), { flags: 'a' }).end(output)
    if (running.get(name) !== ended) return
    running.delete(name)
    unexpectedEnds = [
      ...unexpectedEnds,
      `${name} ended by itself (exit code ${code}):\n${output.slice(-logTailLength)}`,
    ]
  }
  const start = async (name: ProcessName): Promise<void> => {
    // n.b. An interrupted scenario may be about to restart what it has killed.
    if (isStopped) throw new Error(`${name} does not start: the system is stopped`)
    if (running.has(name)) throw new Error(`${name} runs already`)
    const isProbed = probed.includes(name)
    const process = startProcess(argumentsOf(name), settingsOf(name), {
      isProbed,
      codeFolder: codeFolderOf(name),
      launcher: launcherOf(name),
    })
    started.push(process)
    running.set(name, process)
    void process.exited.then(code => noteEnd(name, process, code))
    await waitUntil(
      `${name} is healthy`,
      async () => running.get(name) !== process || (await isHealthy(originOf(name))),
      { timeoutMs: startWithinMs, pollMs: askEveryMs },
    ).catch((cause: unknown) => {
      throw new Error(`${name} does not start:\n${process.output().slice(-logTailLength)}`, { cause })
    })
  }
  const end = async (name: ProcessName, signal: NodeJS.Signals): Promise<number | null | undefined> => {
    const ended = running.get(name)
    // n.b. The process leaves the map first, since an end that was asked for is not unexpected.
    running.delete(name)
    paused.delete(name)
    return ended?.end(signal)
  }
  const resume = (name: ProcessName): void => {
    paused.delete(name)
    running.get(name)?.send('SIGCONT')
  }
  const restore = async (): Promise<void> => {
    for (const name of paused) resume(name)
    await Promise.all(processNames.filter(name => !running.has(name)).map(name => start(name)))
  }
  const stop = async (): Promise<void> => {
    isStopped = true
    for (const name of paused) resume(name)
    await Promise.all(processNames.map(name => end(name, 'SIGTERM')))
  }

  try {
    await restore()
    if (unexpectedEnds.length > 0) throw new Error(unexpectedEnds.join('\n'))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    start,
    restore,
    kill: async name => void (await end(name, 'SIGKILL')),
    terminate: name => end(name, 'SIGTERM'),
    pause: name => {
      paused.add(name)
      running.get(name)?.send('SIGSTOP')
    },
    resume,
    prefer: name => running.get(name)?.prefer() === true,
    residentBytes: async name => (await running.get(name)?.residentBytes()) ?? Number.NaN,
    askUsage: async (name, question) => {
      const asked = running.get(name)
      if (asked === undefined) throw new Error(`${name} does not run`)
      return asked.askUsage(question)
    },
    takeUnexpectedEnds: () => {
      const taken = unexpectedEnds
      unexpectedEnds = []
      return taken
    },
    output: () => started.map(process => process.output()).join(''),
    stop,
  }
}

const mainOf = (process: ProcessName): readonly string[] => [`${services[serviceOf(process)].folder}/main.ts`]

const isHealthy = async (origin: string): Promise<boolean> =>
  (await fetch(new URL('/health', origin), { signal: AbortSignal.timeout(1_000) })).ok
