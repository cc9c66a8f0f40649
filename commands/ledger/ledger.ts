import { checkLedger } from '@supergraph/ledger/check.ts'
import { ledgerParts } from '@supergraph/ledger/databases.ts'
import { kinds } from '@supergraph/ledger/violations.ts'
import { parseArguments, runCommand, startProgress, UsageError } from '../command-line.ts'
import { readDatabaseUrls } from '../database-urls.ts'
import { summaryLine, violationTable } from './print.ts'

const help = `npm run ledger [-- --settle SECONDS]

Reads the databases of users, products, orders, notifications and the payment simulator, and proves that they agree, per
order and in sum. It changes nothing. It exits with 0 if everything agrees, with 1 if anything disagrees, and with 2 if it
can't check.

  --settle SECONDS  for how long it reads again what disagrees, because the change may be under way (10)
  --help            this text

USERS_DATABASE_URL, PRODUCTS_DATABASE_URL, ORDERS_DATABASE_URL, NOTIFICATIONS_DATABASE_URL and
PAYMENT_SIMULATOR_DATABASE_URL name the databases; without them, the command reads those of the running npm start. It does
not read the payments that Stripe itself keeps.

What it finds:
${Object.entries(kinds)
  .map(([kind, meaning]) => `  ${kind.padEnd(26)}${meaning}`)
  .join('\n')}`

const defaultColumns = 120
/** How many orders, products and so on take long enough to show progress. */
const longWork = 5_000

/** Checks, prints, and returns the exit code. */
const run = async (settleMs: number): Promise<number> => {
  const urls = await readDatabaseUrls('the ledger check', ledgerParts, process.env)
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

const readSettleMs = (): number => {
  const { values } = parseArguments({ options: { settle: { type: 'string', default: '10' } } })
  const seconds = Number(values.settle)
  if (values.settle.trim() === '' || !Number.isFinite(seconds) || seconds < 0) {
    throw new UsageError('--settle takes a number of seconds, such as 10')
  }
  return seconds * 1_000
}

await runCommand(
  help,
  async () => {
    process.exitCode = await run(readSettleMs())
  },
  { failureCode: 2 },
)
