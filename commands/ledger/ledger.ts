import { checkLedger } from '@supergraph/ledger/check.ts'
import { ledgerParts } from '@supergraph/ledger/databases.ts'
import { kinds } from '@supergraph/ledger/violations.ts'
import { parseArguments, runCommand, startProgress, UsageError } from '../command-line.ts'
import { readDatabaseUrls } from '../database-urls.ts'
import { reconciliationLine, remedyTable, summaryLine, violationTable } from './print.ts'
import { reconcile } from './reconcile/reconcile.ts'
import { moreKinds, type Remedy } from './reconcile/remedy.ts'

const help = `npm run ledger [-- --settle SECONDS]
npm run ledger -- --reconcile [--apply]

Reads the databases of users, products, orders, notifications and the payment simulator, and proves that they agree, per
order and in sum. It changes nothing. It exits with 0 if everything agrees, with 1 if anything disagrees, and with 2 if it
can't check.

  --reconcile       after databases were restored to different moments: says what disagrees, what is to be done about it, and
                    who does it; exits with 0 if nothing is left to do but what the services do by themselves, and with 2
                    if a deed failed. Stop the services before, but for the payment simulator
  --apply           does it, each in one transaction of one database, and prints what was done. If it is interrupted, start
                    it again: what is done is not done twice. It refuses while a service is connected to its database
  --settle SECONDS  for how long it reads again what disagrees, because the change may be under way (10)
  --help            this text

USERS_DATABASE_URL, PRODUCTS_DATABASE_URL, ORDERS_DATABASE_URL, NOTIFICATIONS_DATABASE_URL and
PAYMENT_SIMULATOR_DATABASE_URL name the databases; without them, the command reads those of the running npm start. It does
not read the payments that Stripe itself keeps, and --reconcile refuses if orders has such payments. --reconcile needs
ANALYTICS_DATABASE_URL, too.

What it finds:
${Object.entries(kinds)
  .map(([kind, meaning]) => `  ${kind.padEnd(26)}${meaning}`)
  .join('\n')}

With --reconcile also:
${Object.entries(moreKinds)
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

/** Prints what is to be done, or does it, and returns the exit code. */
const runReconciliation = async (apply: boolean): Promise<number> => {
  const parts = [...ledgerParts, 'analytics'] as const
  const urls = await readDatabaseUrls('the reconciliation', parts, process.env)
  const columns = process.stdout.columns ?? defaultColumns
  const onDone = (remedy: Remedy) => console.log(`done: ${remedyTable([remedy], columns)}`)
  const { done, left } = await reconcile(urls, { apply, onDone })
  if (left.length > 0) console.log(remedyTable(left, columns))
  console.log(reconciliationLine(done.length, left))
  if (left.some(({ by }) => by === 'failed')) return 2
  return left.some(({ by }) => by !== 'services') ? 1 : 0
}

const readOptions = () => {
  const { values } = parseArguments({
    options: {
      settle: { type: 'string', default: '10' },
      reconcile: { type: 'boolean', default: false },
      apply: { type: 'boolean', default: false },
    },
  })
  if (values.apply && !values.reconcile) throw new UsageError('--apply takes --reconcile')
  const seconds = Number(values.settle)
  if (values.settle.trim() === '' || !Number.isFinite(seconds) || seconds < 0) {
    throw new UsageError('--settle takes a number of seconds, such as 10')
  }
  return { settleMs: seconds * 1_000, isReconciled: values.reconcile, apply: values.apply }
}

await runCommand(
  help,
  async () => {
    const { settleMs, isReconciled, apply } = readOptions()
    process.exitCode = isReconciled ? await runReconciliation(apply) : await run(settleMs)
  },
  { failureCode: 2 },
)
