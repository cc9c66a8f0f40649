import { runCommand, startProgress } from '../commands/retail/command-line.ts'
import { readArguments } from './arguments.ts'
import { checkoutScenarios } from './checkout/scenarios.ts'
import type { Verdict } from './judge.ts'
import { closingTable, verdictLines } from './report.ts'
import type { Scenario, Size } from './scenario.ts'
import { type Suite, startSuite } from './suite.ts'

const help = `npm run faults -- checkout [options]

Starts a system of its own (two processes each of orders and products, users, notifications, the payment simulator,
a durable PostgreSQL, RabbitMQ at RABBITMQ_URL) and does to it what production does: kills, restarts, lost answers,
everybody at once. After each scenario everything must come to rest within 30 s, what customers were told must be
what the databases say, and the ledger check must find nothing. Exits with 1 where anything does not hold.

  scenario          full size
${checkoutScenarios.map(({ name, sizes, guarantee }) => `  ${name.padEnd(18)}${sizes.full.toLocaleString('en').padStart(5)}  ${guarantee}`).join('\n')}

  --size full|short    how much of each (full)
  --seed N             makes the random choices of an earlier run again (random, printed)
  --only NAME          a scenario; several times for several
  --logs FOLDER        keeps what the processes wrote
  --help               this text

RABBITMQ_URL names the broker (amqp://guest:guest@127.0.0.1:5672); a namespace of it is used, and removed at the end.`

await runCommand(help, async () => {
  const { seed, size, scenarios, logFolder } = readArguments()
  const brokerUrl = process.env.RABBITMQ_URL || 'amqp://guest:guest@127.0.0.1:5672'
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
  console.log(`seed ${seed}, size ${size}; starting …`)
  const suite = await startSuite({ brokerUrl, logFolder })
  const verdicts = await runAll(suite, { scenarios, seed, size, signal: interrupted.signal }).finally(
    suite.stop,
  )
  if (verdicts === 'interrupted') {
    console.error('interrupted')
    // n.b. the scenario that was interrupted still waits for its answers
    process.exit(130)
  }
  console.log(closingTable(verdicts))
  const failed = verdicts.filter(({ problems }) => problems.length > 0)
  console.log(
    failed.length === 0
      ? `everything holds; seed ${seed}`
      : `${failed.map(({ name }) => name).join(', ')}: does not hold; again with --seed ${seed}`,
  )
  if (failed.length > 0) process.exitCode = 1
})

/** n.b. a declaration: the command runs before a constant below it would have its value. */
async function runAll(
  suite: Suite,
  {
    scenarios,
    seed,
    size,
    signal,
  }: {
    readonly scenarios: readonly Scenario[]
    readonly seed: number
    readonly size: Size
    readonly signal: AbortSignal
  },
): Promise<readonly Verdict[] | 'interrupted'> {
  const interrupted = new Promise<'interrupted'>(resolve => {
    signal.addEventListener('abort', () => resolve('interrupted'))
  })
  const verdicts: Verdict[] = []
  for (const scenario of scenarios) {
    if (signal.aborted) return 'interrupted'
    const progress = startProgress(scenario.name, scenario.sizes[size])
    const running = suite.run(scenario, { seed, size, advance: progress.add })
    const verdict = await Promise.race([running, interrupted]).finally(progress.stop)
    if (verdict === 'interrupted') return verdict
    console.log(verdictLines(verdict).join('\n'))
    verdicts.push(verdict)
  }
  return verdicts
}
