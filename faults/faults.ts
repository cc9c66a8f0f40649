import { runCommand, startProgress } from '../commands/command-line.ts'
import { readArguments } from './arguments.ts'
import { checkoutSuite } from './checkout/suite.ts'
import { eventsSuite } from './events/suite.ts'
import type { Verdict } from './judge.ts'
import { closingTable, verdictLines } from './report.ts'
import type { Size } from './scenario.ts'
import type { RunningSuite, Suite } from './suite.ts'

const listOf = ({ scenarios }: Suite): string =>
  scenarios
    .map(
      ({ name, sizes, guarantee }) =>
        `  ${name.padEnd(18)}${sizes.full.toLocaleString('en').padStart(6)}  ${guarantee}`,
    )
    .join('\n')

const help = `npm run faults -- checkout|events [options]

Starts a system of its own, each service a process, on a durable PostgreSQL, and does to it what production does: kills,
restarts, lost answers, everybody at once. After each scenario everything must come to rest within 30 s, what customers
were told must be what the databases say, and the ledger check must find nothing. Exits with 1 where anything does not
hold.

  checkout           full size
${listOf(checkoutSuite)}

  events             full size
${listOf(eventsSuite)}

checkout works in a namespace of the broker at RABBITMQ_URL (amqp://guest:guest@127.0.0.1:5672), and removes it at the
end. events kills brokers: it starts one of its own, for which RabbitMQ must be installed on this machine. Two notification
workers and two gateways then bring the news to subscribers and to a mailbox, and nothing may be lost to them, doubled or
astray; what analytics counts must be what was ordered.

  --size full|short    how much of each (full)
  --seed N             makes the random choices of an earlier run again (random, printed)
  --only NAME          a scenario; several times for several
  --logs FOLDER        keeps what the processes wrote
  --help               this text`

await runCommand(help, async () => {
  const { suite, seed, size, scenarios, logFolder } = readArguments()
  const brokerUrl = process.env.RABBITMQ_URL || 'amqp://guest:guest@127.0.0.1:5672'
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
  console.log(`seed ${seed}, size ${size}; starting …`)
  const running = await suite.start({ brokerUrl, logFolder })
  const verdicts = await runAll(running, { scenarios, seed, size, signal: interrupted.signal }).finally(
    running.stop,
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
  suite: RunningSuite,
  {
    scenarios,
    seed,
    size,
    signal,
  }: {
    readonly scenarios: Suite['scenarios']
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
    const running = suite.run(scenario.name, { seed, size, advance: progress.add })
    const verdict = await Promise.race([running, interrupted]).finally(progress.stop)
    if (verdict === 'interrupted') return verdict
    console.log(verdictLines(verdict).join('\n'))
    verdicts.push(verdict)
  }
  return verdicts
}
