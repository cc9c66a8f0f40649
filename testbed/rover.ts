import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { roverPackage, roverVersion } from '../commands/rover/rover-program.ts'
import { type ProgramRun, runProgram } from './run-program.ts'

const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', `rover-${roverVersion}`)

type Settings = Readonly<Record<string, string>>

/** The unmodified rover binary, as npm has it for this platform. */
export type Rover = {
  /** Where the binary lies. */
  readonly folder: string
  readonly run: (args: readonly string[], settings?: Settings) => Promise<ProgramRun>
  /** Runs a line of a shell that finds rover, in the folder of the project. */
  readonly runLine: (line: string, settings?: Settings) => Promise<ProgramRun>
}

/**
 * Finds rover, or installs it beside what is installed here. Undefined if npm has none for this platform or can't be
 * reached, which a line on the console says; with CI set, what can't be reached is an error.
 */
export const findRover = async (): Promise<Rover | undefined> => {
  const binary = join(
    folder,
    'node_modules',
    roverPackage,
    process.platform === 'win32' ? 'rover.exe' : 'rover',
  )
  if (!existsSync(binary)) {
    const problem = await install(`${roverPackage}@${roverVersion}`)
    if (problem !== undefined) {
      if (process.env.CI && !/E404|ETARGET|notarget/.test(problem)) throw new Error(problem)
      console.warn(
        `skipped: what the real rover says, since npm gives no ${roverPackage}@${roverVersion} here`,
      )
      return undefined
    }
  }
  const env = { ...quiet, HOME: folder, PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` }
  return {
    folder: dirname(binary),
    run: (args, settings) => runProgram(binary, args, { ...env, ...settings }),
    runLine: (line, settings) => runProgram('sh', ['-c', line], { ...env, ...settings }),
  }
}

const quiet = { APOLLO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' }

/** Installs a package beside those of the project; returns what npm complained of. */
const install = async (name: string): Promise<string | undefined> => {
  mkdirSync(folder, { recursive: true })
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = [
    'install',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--ignore-scripts',
    name,
  ]
  const { status, output } = await runProgram(npm, args, process.env)
  return status === 0 ? undefined : output
}
