import { execFile } from 'node:child_process'
import { join } from 'node:path'

/** What a program ended with: its exit code, 1 if a signal ended it or it can't be run, and all that it printed. */
export type ProgramRun = { readonly status: number; readonly output: string }

/** Runs a program to its end in the project's folder, with these environment variables and no others. */
export const runProgram = (
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ProgramRun> =>
  new Promise(resolve => {
    const options = { env, cwd: join(import.meta.dirname, '..'), maxBuffer: 64 * 1024 * 1024 }
    execFile(program, args, options, (error, stdout, stderr) => {
      const status = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1
      resolve({ status, output: `${stdout}${stderr}` })
    })
  })
