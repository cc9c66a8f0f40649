import { randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { numberIn, parseArguments, runCommand, startProgress, UsageError } from '../commands/command-line.ts'
import { checkoutSuite } from './checkout/checkout-suite.ts'
import { conditionsSuite } from './conditions/conditions-suite.ts'
import { disasterSuite } from './disaster/disaster-suite.ts'
import { eventsSuite, registrySuite } from './events/events-suite.ts'
import { hostileSuite } from './hostile/hostile-suite.ts'
import { networkSuite } from './network/network-suite.ts'
import { overloadSuite } from './overload/overload-suite.ts'
import { paymentsSuite } from './payments/payments-suite.ts'
import { closingTable, resultLines } from './report.ts'
import { rollingSuite, rollingUpgrade } from './rolling/rolling-suite.ts'
import type { RunningSuite, ScenarioResult, Size, Suite } from './scenario.ts'
import { writePage } from './soak/page.ts'
import { soakSuite } from './soak/soak-suite.ts'

const suites: Readonly<Record<string, Suite>> = {
  checkout: checkoutSuite,
  conditions: conditionsSuite,
  disaster: disasterSuite,
  events: eventsSuite,
  hostile: hostileSuite,
  network: networkSuite,
  overload: overloadSuite,
  payments: paymentsSuite,
  registry: registrySuite,
  rolling: rollingSuite,
  soak: soakSuite,
}

/** Those that last for minutes. */
const lasting = [hostileSuite, soakSuite]

const listOf = ({ scenarios }: Suite): string =>
  scenarios
    .map(
      ({ name, sizes, guarantee }) =>
        `  ${name.padEnd(18)}${sizes.full.toLocaleString('en').padStart(6)}  ${guarantee}`,
    )
    .join('\n')

const help = `npm run faults -- checkout|conditions|disaster|events|hostile|network|overload|payments|registry|rolling|soak [options]

Starts a system of its own, each service a process, on a durable PostgreSQL, and does to it what production does: kills,
restarts, lost answers, everybody at once. After each scenario everything must come to rest within 30 s, what customers
were told must be what the databases say, and the ledger check must find nothing. Exits with 1 if anything does not hold.

  checkout           full size
${listOf(checkoutSuite)}

  conditions         seconds
${listOf(conditionsSuite)}

  disaster           rounds
${listOf(disasterSuite)}

  events             full size
${listOf(eventsSuite)}

  hostile            minutes
${listOf(hostileSuite)}

  network            seconds
${listOf(networkSuite)}

  overload           seconds
${listOf(overloadSuite)}

  payments           full size
${listOf(paymentsSuite)}

  registry           rounds
${listOf(registrySuite)}

  rolling            requests a second
${listOf(rollingSuite)}

  soak               minutes
${listOf(soakSuite)}

checkout, payments, overload and hostile work in a namespace of the broker at RABBITMQ_URL (amqp://guest:guest@127.0.0.1:5672), and remove it
at the end. events kills brokers: it starts one of its own, for which RabbitMQ must be installed on this machine. Two notification
workers and two gateways then bring the news to subscribers and to a mailbox. No news may be lost, doubled or sent to
another customer, and what analytics counts must be what was ordered.
conditions starts a broker of its own, too. It mounts a small disk and starts a name server, which root may, and shifts clocks by
libfaketime; what this machine lacks is said, and skipped.
network has the processes on three hosts, which are network namespaces of this machine, and drops packets between them while customers
read and order through two gateways and 50 subscriptions are open. It needs Linux, root, iproute2, socat and RabbitMQ.
disaster needs no broker. It has the orders on a cluster with a standby and an archived log, kills it, and prints what was lost and for
how long.
registry is one of events: customers read and order beside it through the gateways, and none of these requests may fail.
rolling has two of every process of the shop behind a balancer that asks them whether they are ready, and restarts one after the
other while customers read and order. With --from, the processes run the code of that commit first; then the databases are
migrated, and each process is replaced by one of this code.
overload first finds how many requests a second are served to shoppers who wait for their answers, then sends four times as many
and does not wait. The shoppers run on the same machine, in a thread that takes some of it: what they find is less than it serves.
Beside the clients of hostile a page is read and orders are placed: the page may take twice the time (p99) that it takes
beside as many ordinary clients.

soak is events too. People read, order, sign in and come to screens and go, while a process is started anew every 45 s. Each
process tells what it uses. A line is fitted to the last two thirds of each life of 15 minutes or more: nothing may grow by more
than a tenth in an hour.

  --size full|short    how much of each (full)
  --from COMMIT        the earlier code from which rolling-upgrade upgrades each process to this one
  --minutes N          how long hostile or soak lasts, instead of a size; soak 50 at most
  --write              puts what soak found into docs/performance.md, with its plot
  --seed N             makes the random choices of an earlier run again (random, printed)
  --only NAME          a scenario; several times for several
  --logs FOLDER        keeps what the processes wrote
  --help               this text`

type Arguments = {
  readonly suite: Suite
  readonly scenarios: Suite['scenarios']
  readonly seed: number
  readonly size: Size
  readonly minutes: number | undefined
  readonly logFolder: string | undefined
  readonly from: string | undefined
  readonly isWritten: boolean
}

/** Reads the command line; throws a UsageError that says what is wrong. */
const readArguments = (): Arguments => {
  const { values, positionals } = parseArguments({
    allowPositionals: true,
    options: {
      size: { type: 'string', default: 'full' },
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
      minutes: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      logs: { type: 'string' },
      from: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  })
  const { size, only, logs: logFolder, from, write: isWritten } = values
  const [name = '', ...more] = positionals
  const suite = suites[name]
  if (suite === undefined || more.length > 0) {
    throw new UsageError(`say what to run: ${Object.keys(suites).join(' or ')}`)
  }
  if (size !== 'full' && size !== 'short') throw new UsageError('--size takes full or short')
  const seed = Number(values.seed)
  if (!Number.isSafeInteger(seed)) throw new UsageError('--seed takes a whole number')
  const minutes = values.minutes === undefined ? undefined : numberIn('--minutes', values.minutes)
  if (minutes !== undefined && !lasting.includes(suite))
    throw new UsageError('--minutes is for hostile and soak')
  // n.b. an access token of a customer is valid for an hour
  if (minutes !== undefined && suite === soakSuite && minutes > 50)
    throw new UsageError('soak lasts 50 minutes at most')
  if (isWritten && suite !== soakSuite) throw new UsageError('--write is for soak')
  if (from !== undefined && suite !== rollingSuite) throw new UsageError('--from is for rolling')
  const unknown = only.find(wanted => !suite.scenarios.some(scenario => scenario.name === wanted))
  if (unknown !== undefined) throw new UsageError(`there is no scenario ${unknown}`)
  if (from === undefined && only.includes(rollingUpgrade.name))
    throw new UsageError(`${rollingUpgrade.name} takes --from COMMIT`)
  const scenarios = suite.scenarios.filter(scenario =>
    only.length > 0 ? only.includes(scenario.name) : from !== undefined || scenario !== rollingUpgrade,
  )
  return { suite, scenarios, seed, size, minutes, logFolder, from, isWritten }
}

const runAll = async (
  suite: RunningSuite,
  { scenarios, seed, size, minutes }: Arguments,
  signal: AbortSignal,
): Promise<readonly ScenarioResult[] | 'interrupted'> => {
  const interrupted = new Promise<'interrupted'>(resolve => {
    signal.addEventListener('abort', () => resolve('interrupted'))
  })
  const results: ScenarioResult[] = []
  for (const scenario of scenarios) {
    if (signal.aborted) return 'interrupted'
    const progress = startProgress(scenario.name, minutes ?? scenario.sizes[size])
    const running = suite.run(scenario.name, { seed, size, minutes, advance: progress.add })
    const result = await Promise.race([running, interrupted]).finally(progress.stop)
    if (result === 'interrupted') return result
    console.log(resultLines(result).join('\n'))
    results.push(result)
  }
  return results
}

await runCommand(help, async () => {
  const options = readArguments()
  const { suite, seed, size, logFolder, from, isWritten } = options
  if (logFolder !== undefined) mkdirSync(logFolder, { recursive: true })
  const brokerUrl = process.env.RABBITMQ_URL || 'amqp://guest:guest@127.0.0.1:5672'
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
  console.log(`seed ${seed}, size ${size}; starting …`)
  const running = await suite.start({ brokerUrl, logFolder, from })
  const results = await runAll(running, options, interrupted.signal).finally(running.stop)
  if (results === 'interrupted') {
    console.error('interrupted')
    // n.b. The interrupted scenario still waits for its answers and would keep the process alive.
    process.exit(130)
  }
  console.log(closingTable(results))
  for (const { paper } of results) if (isWritten && paper !== undefined) writePage(paper)
  const failed = results.filter(({ problems }) => problems.length > 0)
  console.log(
    failed.length === 0
      ? `everything holds; seed ${seed}`
      : `${failed.map(({ name }) => name).join(', ')}: does not hold; again with --seed ${seed}`,
  )
  if (failed.length > 0) process.exitCode = 1
})
