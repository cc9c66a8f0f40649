import { parseArgs } from 'node:util'
import { EnvironmentError } from '@supergraph/runtime/environment.ts'
import { startProgress, UsageError } from '../command-line.ts'
import { checkLedger } from './check.ts'
import { LedgerUnreadable, readLedgerUrls } from './databases.ts'
import { kinds } from './kinds.ts'
import { summaryLine, violationTable } from './print.ts'

const help = `npm run ledger [-- --settle SECONDS]

Reads the databases of users, products, orders and notifications and the payment simulator's, and proves per order and
in sum that they agree. Changes nothing. Exits with 0 where everything agrees, 1 where anything does not, 2 where it
can't be checked.

  --settle SECONDS  for how long what disagrees is read again before it counts, because it may be under way (10)
  --help            this text

USERS_DATABASE_URL, PRODUCTS_DATABASE_URL, ORDERS_DATABASE_URL, NOTIFICATIONS_DATABASE_URL and
PAYMENT_SIMULATOR_DATABASE_URL name the databases; without them, those of the running npm start are read. What is with
Stripe itself is not.

What it finds:
${Object.entries(kinds)
  .map(([kind, meaning]) => `  ${kind.padEnd(26)}${meaning}`)
  .join('\n')}`

const defaultColumns = 120
/** How many orders, products and so on take long enough to show progress. */
const longWork = 5_000

/** Checks, prints, and answers with the exit code. */
const run = async (settleMs: number): Promise<number> => {
  const urls = await readLedgerUrls(process.env)
  let progress: ReturnType<typeof startProgress> | undefined
  const report = await checkLedger(urls, {
    settleMs,
    onStart: total => {
      if (total >= longWork) progress = startProgress('checking', total)
    },
    onProgress: count => progress?.add(count),
    onSettle: count => {
      progress?.stop()
      console.error(`${count} disagree: reading them again for ${settleMs / 1_000} s at most`)
    },
  }).finally(() => progress?.stop())
  if (report.violations.length > 0) {
    console.log(violationTable(report.violations, process.stdout.columns ?? defaultColumns))
  }
  console.log(summaryLine(report))
  return report.violations.length > 0 ? 1 : 0
}

const readSettleMs = (): number | 'help' => {
  const { values } = parseArgs({
    options: { settle: { type: 'string', default: '10' }, help: { type: 'boolean', default: false } },
  })
  if (values.help) return 'help'
  const seconds = Number(values.settle)
  if (values.settle.trim() === '' || !Number.isFinite(seconds) || seconds < 0) {
    throw new UsageError('--settle takes a number of seconds, such as 10')
  }
  return seconds * 1_000
}

try {
  const settleMs = readSettleMs()
  if (settleMs === 'help') console.log(help)
  else process.exitCode = await run(settleMs)
} catch (error) {
  const isForPeople =
    error instanceof EnvironmentError || error instanceof LedgerUnreadable || error instanceof UsageError
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE')
  console.error(isForPeople || isUsage ? error.message : error)
  process.exitCode = 2
}
