import { delimiter, join } from 'node:path'
import { roverPackage, roverVersion } from '../commands/rover/rover-program.ts'
import { installBeside } from './install-beside.ts'
import { type ProgramRun, runNode, runProgram } from './run-program.ts'

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
  const rover = { name: roverPackage, version: roverVersion, cache: `rover-${roverVersion}` }
  const folder = await installBeside(rover, 'what the real rover says')
  if (folder === undefined) return undefined
  const binary = join(folder, process.platform === 'win32' ? 'rover.exe' : 'rover')
  const env = { ...quiet, HOME: join(folder, '../../..'), PATH: `${folder}${delimiter}${process.env.PATH}` }
  return {
    folder,
    run: (args, settings) => runProgram(binary, args, { ...env, ...settings }),
    runLine: (line, settings) => runProgram('sh', ['-c', line], { ...env, ...settings }),
  }
}

/** Runs one of the project's own commands for rover with these settings and no others. */
export const runRoverCommand = (
  name: 'introspect' | 'rover',
  args: readonly string[],
  settings: Settings,
): Promise<ProgramRun> => runNode([`commands/rover/${name}.ts`, ...args], { ...quiet, ...settings })

const quiet = { APOLLO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' }
