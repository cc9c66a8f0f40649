import { SingleBar } from 'cli-progress'
import { UnusableFile } from './retail/csv.ts'
import { ShopError } from './retail/shop.ts'

/** A progress bar for `total` steps; lines from time to time where the output is no terminal. */
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

/** Runs a command: a wrong call prints the problem and the help and exits with 2, a failure its message, with 1. */
export const runCommand = async (help: string, command: () => Promise<void>): Promise<void> => {
  if (process.argv.includes('--help')) {
    console.log(help)
    return
  }
  try {
    await command()
  } catch (error) {
    const isUsage = error instanceof UsageError || isParseArgsError(error)
    const expected = isUsage || error instanceof UnusableFile || error instanceof ShopError
    console.error(expected && error instanceof Error ? `\n${error.message}` : error)
    if (isUsage) console.error(`\n${help}`)
    // n.b. a progress bar that was interrupted would keep the process alive
    process.exit(isUsage ? 2 : 1)
  }
}

/** The command was called wrongly. */
export class UsageError extends Error {}

const isParseArgsError = (error: unknown): boolean =>
  error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
