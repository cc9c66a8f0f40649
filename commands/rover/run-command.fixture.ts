import { join } from 'node:path'
import { type ProgramRun, runNode } from '../../testbed/run-program.ts'

/** Runs one of the commands beside this file with nothing but these settings. */
export const runBeside = (
  file: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<ProgramRun> =>
  runNode([join(import.meta.dirname, file), ...args], {
    APOLLO_TELEMETRY_DISABLED: '1',
    NO_COLOR: '1',
    ...settings,
  })
