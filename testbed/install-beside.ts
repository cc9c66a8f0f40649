import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from './run-program.ts'

/**
 * Finds a package that lies beside what is installed here, in the cache of node_modules, or installs it there; returns its
 * folder. Undefined if npm has none for this platform or can't be reached, which a line on the console says: `what` is what is
 * skipped then. With CI set, what can't be reached is an error.
 */
export const installBeside = async (
  {
    name,
    version,
    cache,
    needs = [],
  }: {
    readonly name: string
    readonly version: string
    readonly cache: string
    /** What it imports without naming it as a dependency, with versions. */
    readonly needs?: readonly string[]
  },
  what: string,
): Promise<string | undefined> => {
  const prefix = join(import.meta.dirname, '..', 'node_modules', '.cache', cache)
  const folder = join(prefix, 'node_modules', name)
  if (existsSync(folder)) return folder
  const problem = await install([`${name}@${version}`, ...needs], prefix)
  if (problem === undefined) return folder
  if (process.env.CI && !/E404|ETARGET|notarget/.test(problem)) throw new Error(problem)
  console.warn(`skipped: ${what}, since npm gives no ${name}@${version} here`)
  return undefined
}

/** Installs packages beside those of the project; returns what npm complained of. */
const install = async (specs: readonly string[], prefix: string): Promise<string | undefined> => {
  mkdirSync(prefix, { recursive: true })
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = ['--prefix', prefix, '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', ...specs]
  const { status, output } = await runProgram(npm, ['install', ...args], process.env)
  return status === 0 ? undefined : output
}
