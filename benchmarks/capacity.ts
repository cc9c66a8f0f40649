import { availableParallelism, cpus } from 'node:os'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { parseArguments, runCommand } from '../commands/command-line.ts'
import { measureCheckouts } from './capacity/checkout-calibration.ts'
import { type Compared, compare, isOff, tolerance } from './capacity/comparison.ts'
import { measureEvents } from './capacity/event-calibration.ts'
import { paperOf, writePage } from './capacity/page.ts'
import { measurePages } from './capacity/page-calibration.ts'
import { keepResults, type Results, readResults, rounded } from './capacity/results.ts'

const brokerUrl = process.env.RABBITMQ_URL || 'amqp://guest:guest@127.0.0.1:5672'

const help = `npm run bench -- capacity [options]

Measures what the parts of the system cost (CPU of each process, a flush of the log, memory of a socket) and what the
system does a second: checkouts and pages with 1, 16 and 64 clients, buyers of one row, events from an outbox to an
inbox and to sockets. A simulation of discrete events then computes the latter from the former. If it is off by more
than ${tolerance * 100} % anywhere, the command fails. Otherwise it goes on to 800 orders a second and 240,000 open sockets, and prints
what gives way first. It needs Linux, and RabbitMQ on this machine (RABBITMQ_URL). Let nothing else run meanwhile.

  --kept    measures nothing, and simulates from the figures that --write kept
  --write   keeps the figures, and writes them and a plot into docs/scaling.md
  --help    this text`

await runCommand(help, async () => {
  const { values } = parseArguments({
    args: process.argv.slice(3),
    options: { kept: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
  })
  const results = values.kept ? readResults() : await measure()
  const compared = compare(results)
  console.log(comparedLines(compared).join('\n'))
  const off = compared.filter(isOff)
  if (off.length > 0) {
    console.log(`\n${JSON.stringify(results)}`)
    throw new ExpectedError(
      `The simulation is off by more than ${tolerance * 100} %: ${off.map(({ title }) => title).join('; ')}. Nothing follows from it; measure again with nothing else running.`,
    )
  }
  const paper = paperOf(results, compared)
  console.log(`\n${paper.figures}`)
  if (!values.write) return
  keepResults(results)
  writePage(paper)
})

async function measure(): Promise<Results> {
  console.log('checkouts')
  const checkouts = await measureCheckouts()
  console.log('pages')
  const pages = await measurePages(brokerUrl)
  console.log('events')
  const events = await measureEvents(brokerUrl, checkouts.costs)
  return rounded({
    machine: `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`,
    cores: availableParallelism(),
    costs: { ...checkouts.costs, ...events.costs, page: pages.costs },
    measured: { ...checkouts.measured, ...events.measured, pages: pages.measured },
  })
}

function comparedLines(compared: readonly Compared[]): readonly string[] {
  return [
    `${''.padEnd(36)} measured  simulated  deviation`,
    ...compared.map(each =>
      [
        each.title.padEnd(36),
        each.measured.toFixed(0).padStart(8),
        each.simulated.toFixed(0).padStart(10),
        `${(each.deviation * 100).toFixed(1)} %`.padStart(10),
        ...(isOff(each) ? ['OFF'] : []),
      ].join(' '),
    ),
  ]
}
