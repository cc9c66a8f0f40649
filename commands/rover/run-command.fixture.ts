import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { RoverRun } from '../../testbed/rover.ts'

/** Runs one of the commands beside this file with nothing but these settings. */
export const runBeside = (
  file: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<RoverRun> =>
  new Promise(resolve => {
    const env = { APOLLO_TELEMETRY_DISABLED: '1', NO_COLOR: '1', ...settings }
    execFile(process.execPath, [join(import.meta.dirname, file), ...args], { env }, (error, stdout, stderr) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, output: `${stdout}${stderr}` }),
    )
  })
