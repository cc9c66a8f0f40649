import { type ParseArgsConfig, parseArgs } from 'node:util'
import { BrokerUnavailable } from '@supergraph/messaging/rabbitmq/connection.ts'
import { DatabaseUnavailable } from '@supergraph/postgres/connection.ts'
import { EnvironmentError } from '@supergraph/runtime/environment.ts'
import { SingleBar } from 'cli-progress'

/** A failure that its message explains, so that a stack would only be in the way. */
export class ExpectedError extends Error {}

/** The command was called wrongly. */
export class UsageError extends ExpectedError {}

type ErrorClass = abstract new (...args: never[]) => Error

type CommandOptions = {
  /** The exit code after a failure (1). */
  readonly failureCode?: number
  /** Errors, besides an ExpectedError and those of settings, databases and the broker, that their message explains. */
  readonly expected?: readonly ErrorClass[]
}

/**
 * Runs a command, or prints its help for `--help`. A wrong call prints the problem and the help, and exits with 2. A failure
 * prints its message, or the whole error if it is unexpected, and exits with `failureCode`.
 */
export const runCommand = async (
  help: string,
  command: () => Promise<void>,
  { failureCode = 1, expected = [] }: CommandOptions = {},
): Promise<void> => {
  if (process.argv.includes('--help')) {
    console.log(help)
    return
  }
  try {
    await command()
  } catch (error) {
    const kinds = [ExpectedError, EnvironmentError, DatabaseUnavailable, BrokerUnavailable, ...expected]
    const isExpected = error instanceof Error && kinds.some(kind => error instanceof kind)
    console.error(isExpected ? error.message : error)
    if (error instanceof UsageError) console.error(`\n${help}`)
    // n.b. what the command began, such as the requests of other customers, would keep the process alive
    process.exit(error instanceof UsageError ? 2 : failureCode)
  }
}

/** Reads the arguments as `parseArgs` of `node:util` does; throws a UsageError. */
export const parseArguments = <const Config extends ParseArgsConfig>(
  config?: Config,
): ReturnType<typeof parseArgs<Config>> => {
  try {
    return parseArgs(config)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** A progress bar for `total` steps; if the output is no terminal, a line every 5 s. */
export const startProgress = (title: string, total: number) => {
  const bar = new SingleBar({
    format: `${title.padEnd(18)} {bar} {percentage}%  {value}/{total}  {eta_formatted} to go`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 5_000,
  })
  bar.start(total, 0)
  return { add: (count = 1): void => bar.increment(count), stop: (): void => bar.stop() }
}

/** Shows a progress bar while the work lasts; the work calls `add` with each number of steps that are done. */
export const withProgress = <Result>(
  title: string,
  total: number,
  work: (add: (count?: number) => void) => Promise<Result>,
): Promise<Result> => {
  const progress = startProgress(title, total)
  return work(progress.add).finally(progress.stop)
}
