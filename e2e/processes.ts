import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** A process of the system under test. */
export type TestProcess = {
  /** Everything it has printed so far. */
  readonly output: () => string
  /** Resolves with what matched once the output matches; throws with the output when the process ends before. */
  readonly waitFor: (pattern: RegExp) => Promise<string>
  /** Sends the signal and resolves with the exit code, null where a signal ended it. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>
  /** Sends a signal that need not end it, such as SIGSTOP. */
  readonly send: (signal: NodeJS.Signals) => void
  readonly exited: Promise<number | null>
}

const root = join(import.meta.dirname, '..')

/** Starts one of the project's programs with Node, with these variables and no others of the project's. */
export const startProcess = (
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): TestProcess => {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, args, { cwd: root, env: { PATH, HOME, ...variables } })
  const exited = exitOf(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      child.emit('output')
    })
  }
  return {
    output: () => output,
    exited,
    waitFor: async pattern => {
      for (;;) {
        const [found] = pattern.exec(output) ?? []
        if (found !== undefined) return found
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`${args.join(' ')} ended without ${pattern}:\n${output}`)
        }
        await Promise.race([once(child, 'output'), exited])
      }
    },
    end: signal => {
      child.kill(signal)
      return exited
    },
    send: signal => void child.kill(signal),
  }
}

// n.b. below the ports that systems hand out to connections, and apart from those of other workers and programs: any
// would take a port between its choice and its use, or while its process is being restarted
const portsPerWorker = 1_500
const firstPort = 20_000 + (Number(process.env.VITEST_POOL_ID ?? process.pid) % 8) * portsPerWorker

const handedOut = new Set<number>()

/** Ports that nothing listens on, each handed out once. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const ports: number[] = []
  while (ports.length < count) {
    const port = firstPort + randomInt(portsPerWorker)
    if (handedOut.has(port)) continue
    handedOut.add(port)
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

const exitOf = async (child: ChildProcess): Promise<number | null> => {
  // n.b. close, not exit: the output is whole then
  const [code] = await once(child, 'close')
  return typeof code === 'number' ? code : null
}
