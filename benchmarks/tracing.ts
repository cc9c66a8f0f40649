import { z } from 'zod'
import { parseArguments, runCommand } from '../commands/command-line.ts'
import { openArena, type Sample } from './gateway/arena.ts'
import { cases } from './gateway/cases.ts'
import { cores, startChild } from './gateway/child.ts'
import { figuresOf } from './gateway/figures.ts'

const help = `npm run bench -- tracing [options]

Measures what tracing costs the gateway: Q2 with different reads, without tracing and with every request traced and sent to a
collector, in turn, in one run, on the gateway's own core.

  --rounds N       how often they take turns (8)
  --connections N  how many clients ask at the same time (16)
  --cpu-prof       each gateway leaves a CPU profile in the current folder when it ends
  --help           this text`

const names = ['ours', 'traced'] as const
const secondsPerSample = 2

await runCommand(help, async () => {
  const { values } = parseArguments({
    args: process.argv.slice(3),
    options: {
      rounds: { type: 'string', default: '8' },
      connections: { type: 'string', default: '16' },
      'cpu-prof': { type: 'boolean', default: false },
    },
  })
  const asked = cases.find(({ query, reads }) => query === 'Q2' && reads === 'different')
  if (asked === undefined) throw new Error('there is no such case')
  const collector = await startChild('./span-collector.ts', {}, { core: cores.rest })
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${z.number().parse(collector.ready)}`
  const arena = await openArena(names, { execArgv: values['cpu-prof'] ? ['--cpu-prof'] : [] })
  const samples: Record<(typeof names)[number], Sample[]> = { ours: [], traced: [] }
  const connections = Number(values.connections)
  try {
    for (const name of names)
      await arena.measure(name, asked, { connections: 16, seconds: 2, atLeast: asked.requests.length })
    const before = z.number().parse(await collector.ask('spans'))
    for (let round = 0; round < Number(values.rounds); round += 1) {
      // n.b. who comes second in a round must not always be the same
      for (const name of round % 2 === 0 ? names : names.toReversed())
        samples[name].push(
          await arena.measure(name, asked, { connections, seconds: secondsPerSample, atLeast: 0 }),
        )
    }
    const spans = z.number().parse(await collector.ask('spans')) - before
    const requests = samples.traced.reduce((sum, { latenciesMs }) => sum + latenciesMs.length, 0)
    for (const name of names) {
      const { perSecond, p50Ms, p99Ms, cpuMicroseconds, wrong } = figuresOf(samples[name])
      console.log(
        `${name.padEnd(7)}${perSecond.toFixed(0).padStart(7)} requests a second, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, ${cpuMicroseconds.toFixed(0)} us of CPU each, ${wrong} wrong`,
      )
    }
    const [off, on] = names.map(name => figuresOf(samples[name]).perSecond)
    console.log(`traced has ${(((on ?? 0) / (off ?? 1)) * 100).toFixed(1)} % of the throughput`)
    console.log(`${(spans / requests).toFixed(2)} spans for each request have arrived`)
  } finally {
    await arena.stop()
    await collector.stop()
  }
})
