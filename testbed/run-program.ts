import { execFile } from 'node:child_process'
import { join } from 'node:path'

/** What a program ended with: its exit code, 1 if a signal ended it or it can't be run, and all that it printed. */
export type ProgramRun = { readonly status: number; readonly output: string }

/** Where the modules are kept that Node has compiled, so that a program need not compile its own again. */
export const compiledModules = (): NodeJS.ProcessEnv => {
  const { NODE_COMPILE_CACHE } = process.env
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }
}

/** The arguments by which Node takes packages from their bundle, as `npm start` does. */
export const quickStart = ['--import', join(import.meta.dirname, '../embedded/quick-start.ts')] as const

/** Runs one of the project's programs with Node, as `runProgram` does. */
export const runNode = (args: readonly string[], variables: NodeJS.ProcessEnv): Promise<ProgramRun> =>
  runProgram(process.execPath, [...quickStart, ...args], variables)

/**
 * Runs a program to its end in the project's folder, with these environment variables and no others, but for that of
 * `compiledModules`.
 */
export const runProgram = (
  program: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<ProgramRun> =>
  new Promise(resolve => {
    const options = {
      env: { ...compiledModules(), ...variables },
      cwd: join(import.meta.dirname, '..'),
      maxBuffer: 64 * 1024 * 1024,
    }
    execFile(program, args, options, (error, stdout, stderr) => {
      const status = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1
      resolve({ status, output: `${stdout}${stderr}` })
    })
  })
