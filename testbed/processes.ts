import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { prioritise } from '@supergraph/runtime/priority.ts'
import { compiledModules, quickStart } from './run-program.ts'
import { type AskUsage, createAskUsage } from './usage.ts'

/** A process of the system under test. */
export type TestProcess = {
  /** Everything it has printed so far. */
  readonly output: () => string
  /** Resolves with what matched once the output matches; throws with the output if the process ends before. */
  readonly waitFor: (pattern: RegExp) => Promise<string>
  /** Sends the signal and resolves with the exit code, null if a signal ended the process. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>
  /** Sends a signal that need not end the process, such as SIGSTOP. */
  readonly send: (signal: NodeJS.Signals) => void
  readonly exited: Promise<number | null>
  /** Lets it run before all others when the cores are busy; returns false if that is not allowed here. */
  readonly prefer: () => boolean
  /** How much memory the process has at this moment. */
  readonly residentBytes: () => Promise<number>
  /** What the process has used; only a process that is probed tells. */
  readonly askUsage: AskUsage
}

const root = join(import.meta.dirname, '..')
const endWithParent = join(import.meta.dirname, 'end-with-parent.ts')
const probe = join(import.meta.dirname, 'probe.ts')
const run = promisify(execFile)

/** How a process is started. */
export type StartOptions = {
  /** Whether it can tell what it uses. */
  readonly isProbed?: boolean
  /** The folder of the project's code: this one, unless given. */
  readonly codeFolder?: string | undefined
  /** A program, with its arguments, that becomes the process, such as one that enters a namespace first. */
  readonly launcher?: readonly string[] | undefined
}

/**
 * Starts one of the project's programs with Node, with these variables and no others of the project's. The process ends
 * when this one does, however this one ends.
 */
export const startProcess = (
  args: readonly string[],
  variables: Variables,
  { isProbed = false, codeFolder = root, launcher = [] }: StartOptions = {},
): TestProcess => {
  const { PATH = '', HOME = '' } = process.env
  const probing = isProbed ? ['--expose-gc', '--import', probe] : []
  // n.b. The bundle is made of this folder's packages; another folder may have other versions of them.
  const quick = codeFolder === root ? quickStart : []
  const node = [process.execPath, ...quick, '--import', endWithParent, ...probing, ...args]
  const [program = '', ...programArguments] = [...launcher, ...node]
  const child = spawn(program, programArguments, {
    cwd: codeFolder,
    env: { PATH, HOME, ...compiledModules(), ...variables },
    stdio: ['pipe', 'pipe', 'pipe', ...(isProbed ? (['ipc'] as const) : [])],
  })
  const exited = exitOf(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
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
    prefer: () => {
      if (child.pid === undefined) return false
      try {
        prioritise(child.pid, constants.priority.PRIORITY_HIGH)
        return true
      } catch {
        return false
      }
    },
    residentBytes: async () =>
      Number((await run('ps', ['-o', 'rss=', '-p', String(child.pid)])).stdout) * 1_024,
    askUsage: createAskUsage(child),
  }
}

const exitOf = async (child: ChildProcess): Promise<number | null> => {
  // n.b. this waits for `close`, not for `exit`, since the output is complete only then
  const [code] = await once(child, 'close')
  return typeof code === 'number' ? code : null
}
