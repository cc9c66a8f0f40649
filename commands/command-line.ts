import { type ParseArgsConfig, parseArgs } from 'node:util'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { SingleBar } from 'cli-progress'

/** The command was called wrongly. */
export class UsageError extends ExpectedError {}

/**
 * Runs a command, or prints its help for `--help`. A wrong call prints the problem and the help, and exits with 2. Any
 * other failure exits with `failureCode`, and prints the message of an ExpectedError or else the whole error.
 */
export const runCommand = async (
  help: string,
  command: () => Promise<void>,
  { failureCode = 1 }: { readonly failureCode?: number } = {},
): Promise<void> => {
  if (process.argv.includes('--help')) {
    console.log(help)
    return
  }
  try {
    await command()
  } catch (error) {
    console.error(error instanceof ExpectedError ? error.message : error)
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
    throw new UsageError(messageOf(error))
  }
}

/** Reads the value of an option that takes a number above 0, such as seconds or rounds; throws a UsageError. */
export const numberIn = (option: string, text: string): number => {
  const number = Number(text)
  if (!(number > 0)) throw new UsageError(`${option} takes a number above 0`)
  return number
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
