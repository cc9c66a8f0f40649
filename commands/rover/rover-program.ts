import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'

/** The version of rover that this project is tried with. */
export const roverVersion = '0.41.0'

/** The package in which npm has rover for this platform. */
export const roverPackage = `@apollo/rover-${process.platform}-${process.arch}`

/** rover can't be run. */
class NoRover extends ExpectedError {
  override readonly name = 'NoRover'
}

/** Runs the rover that PATH names in this terminal; returns what it exits with. */
export const runRover = async (args: readonly string[], variables: Variables): Promise<number> => {
  const rover = spawn('rover', args, { stdio: 'inherit', env: variables })
  // n.b. the terminal sends Ctrl-C to rover too, and what rover then still says is waited for
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => rover.kill('SIGTERM'))
  try {
    const [status] = await once(rover, 'exit')
    return typeof status === 'number' ? status : 1
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    throw new NoRover(
      `rover is not in PATH. These two lines put it there:
  npm install --prefix /tmp/rover ${roverPackage}@${roverVersion}
  export PATH=/tmp/rover/node_modules/${roverPackage}:$PATH`,
    )
  }
}
