import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { parseArguments, runCommand } from '../commands/command-line.ts'
import { percentile } from '../testbed/percentile.ts'
import { type EventSystem, startEventSystem } from './events/event-system.ts'
import { type Latencies, startLatency } from './events/latency.ts'
import { measureMemory } from './events/memory.ts'
import { type RoundTrip, startRoundTrip } from './events/round-trip.ts'
import { measureThroughput } from './events/throughput.ts'

const help = `npm run bench -- events

Measures events from commit to screen on a durable PostgreSQL and a real RabbitMQ (RABBITMQ_URL, or the one of this machine):
from the outbox to the inbox, from the commit to the socket of one of 100 users, the memory of an idle subscriber, and how
long it takes to tell all of them. Beside each time stands that of a bare queue of the same broker.

  --help  this text`

const brokerUrl = process.env.RABBITMQ_URL || 'amqp://guest:guest@127.0.0.1:5672'
const rates = [
  { perSecond: 1, seconds: 8 },
  { perSecond: 100, seconds: 6 },
  { perSecond: 1_000, seconds: 6 },
  // n.b. more than can be delivered: what is delivered then is the most there is
  { perSecond: 4_000, seconds: 3 },
] as const
const throughputEvents = 10_000
const warmUpEvents = 2_000
const socketCounts = [1_000, 10_000] as const

const milliseconds = (values: readonly number[]): string =>
  [0.5, 0.99].map(share => percentile(values, share).toFixed(1).padStart(7)).join(' ')

const ratio = (ours: readonly number[], bare: readonly number[]): string =>
  [0.5, 0.99].map(share => (percentile(ours, share) / percentile(bare, share)).toFixed(1)).join(' / ')

const printRate = (rate: number, { ms, perSecond }: Latencies, bare: readonly number[]): void =>
  console.log(
    `${String(rate).padStart(6)} ${milliseconds(ms)}  ${milliseconds(bare)}   ${ratio(ms, bare).padStart(13)}  ${perSecond.toFixed(0).padStart(9)}`,
  )

const kibibytes = (bytes: number): string => `${(bytes / 1_024).toFixed(1)} KiB`

const printThroughput = async (system: EventSystem, bare: RoundTrip): Promise<void> => {
  // n.b. without it, what is measured first also pays for the compilation of the code
  await bare.throughput(warmUpEvents)
  await measureThroughput(system, warmUpEvents)
  const floor = await bare.throughput(throughputEvents)
  const ours = await measureThroughput(system, throughputEvents)
  console.log(
    `outbox to inbox, ${throughputEvents} events   ${ours.toFixed(0)} a second; bare publish to consume ${floor.toFixed(0)}, ratio ${(ours / floor).toFixed(2)}\n`,
  )
}

const printLatencies = async (system: EventSystem, bare: RoundTrip): Promise<void> => {
  const { latency, stop } = await startAll(async use => ({
    latency: use(await startLatency(system, use(await system.startSockets()))),
  }))
  try {
    console.log('        commit to socket  publish to consume')
    console.log('events     ms, 100 users      ms, bare queue           ratio  delivered')
    console.log('a second    p50     p99      p50     p99       p50 / p99   a second')
    for (const { perSecond, seconds } of rates) {
      const count = perSecond * seconds
      const ours = await latency.measure(perSecond, count)
      printRate(perSecond, ours, await bare.latencies(perSecond, count))
    }
  } finally {
    await stop()
  }
}

/** n.b. in new processes: the free memory of busy ones would hide what a socket costs */
const printMemory = async (system: EventSystem): Promise<void> => {
  const sockets = await system.startSockets()
  try {
    const { bytes, broadcastMs } = await measureMemory(sockets, socketCounts)
    console.log()
    for (const [index, count] of socketCounts.entries()) {
      const { gateway = Number.NaN, worker = Number.NaN } = bytes[index] ?? {}
      console.log(
        `memory per idle subscriber of ${String(count).padStart(5)}   gateway ${kibibytes(gateway)}, worker ${kibibytes(worker)}`,
      )
    }
    console.log(`from a commit until all of them are told: ${broadcastMs.toFixed(0)} ms`)
  } finally {
    await sockets.stop()
  }
}

await runCommand(help, async () => {
  parseArguments({ args: process.argv.slice(3) })
  const { system, bare, stop } = await startAll(async use => {
    const system = use(await startEventSystem(brokerUrl))
    return { system, bare: use(await startRoundTrip(system)) }
  })
  try {
    await printThroughput(system, bare)
    await printLatencies(system, bare)
    await printMemory(system)
  } finally {
    await stop()
  }
})
