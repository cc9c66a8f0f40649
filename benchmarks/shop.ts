import { availableParallelism } from 'node:os'
import { numberIn, parseArguments, runCommand, UsageError } from '../commands/command-line.ts'
import type { Sample } from './gateway/arena.ts'
import { type Child, cores, startChild } from './gateway/child.ts'
import { figuresOf } from './gateway/figures.ts'
import { type Measure, prepare } from './shop/measure.ts'
import { type QueryName, queries } from './shop/queries.ts'
import { figureLines } from './shop/report.ts'
import { type Contender, startNpmStarts, startProcessesPerService } from './shop/systems.ts'

const warmUpConnections = 16

const help = `npm run bench -- shop [options]

Measures what a shop's users ask most, from the gateway to the database and back, with every answer checked: a page of 20
products, and me with 20 orders, their items, products and customers. First all of npm start, one Node process; then a
process per service, in turn with a stock gateway over stock subgraphs (buildSubgraphSchema, startStandaloneServer) with
the same resolvers, stores and databases. A ratio says how many times as many requests a second this code answers.

  --against COMMIT     also measures npm start of that commit, in turn
  --only KIND          only npm-start or only processes
  --queries NAMES      only these of ${Object.keys(queries).join(', ')}
  --connections LIST   how many connections the clients have (1,16,64)
  --seconds N          how long each system is measured in each round (2)
  --rounds N           how often the systems take turns (3)
  --cpu-prof FOLDER    keeps a CPU profile of each process of this code
  --help               this text`

await runCommand(help, async () => {
  const options = readArguments()
  const interrupted = new Promise<'interrupted'>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'))
  })
  console.log(`${availableParallelism()} cores, Node ${process.versions.node}`)
  const clients = await startChild('./load/load.ts', {}, { core: cores.rest })
  try {
    for (const kind of kindsOf(options.only)) {
      console.log(`\n${kind.title}`)
      const { contenders, stop } = await kind.start(options)
      const outcome = await Promise.race([measureAll(clients, contenders, options), interrupted]).finally(
        stop,
      )
      if (outcome === 'interrupted') process.exit(130)
    }
  } finally {
    await clients.stop()
  }
})

type Options = ReturnType<typeof readArguments>

function readArguments() {
  const { values } = parseArguments({
    args: process.argv.slice(3),
    options: {
      against: { type: 'string' },
      only: { type: 'string' },
      queries: { type: 'string', default: Object.keys(queries).join(',') },
      connections: { type: 'string', default: '1,16,64' },
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '3' },
      'cpu-prof': { type: 'string' },
    },
  })
  return {
    against: values.against,
    only: values.only,
    queries: values.queries.split(',').map(queryNamed),
    connections: values.connections.split(',').map(text => numberIn('--connections', text)),
    seconds: numberIn('--seconds', values.seconds),
    rounds: numberIn('--rounds', values.rounds),
    profileFolder: values['cpu-prof'],
  }
}

function kindsOf(only: string | undefined) {
  const kinds = [
    { name: 'npm-start', title: 'npm start, one Node process', start: startNpmStarts },
    { name: 'processes', title: 'a process per service', start: startProcessesPerService },
  ]
  const wanted = kinds.filter(({ name }) => only === undefined || name === only)
  if (wanted.length === 0) throw new UsageError(`--only takes ${kinds.map(({ name }) => name).join(' or ')}`)
  return wanted
}

function queryNamed(name: string): QueryName {
  if (name === 'products' || name === 'me') return name
  throw new UsageError(`${name} is none of ${Object.keys(queries).join(', ')}`)
}

async function measureAll(
  clients: Child,
  contenders: readonly Contender[],
  { queries: names, connections, seconds, rounds }: Options,
): Promise<void> {
  for (const name of names) {
    const measured: (readonly [string, Measure])[] = []
    for (const contender of contenders)
      measured.push([contender.name, await prepare(clients, contender, name)])
    for (const [, measure] of measured) await measure(warmUpConnections, seconds)
    for (const count of connections) {
      const samples: (readonly [string, Sample])[] = []
      for (let round = 0; round < rounds; round += 1) {
        for (const [system, measure] of measured) samples.push([system, await measure(count, seconds)])
      }
      const figures = measured.map(([system]) => {
        const own = samples.filter(([name]) => name === system).map(([, sample]) => sample)
        return [system, figuresOf(own)] as const
      })
      console.log(figureLines(queries[name].title, count, figures).join('\n'))
    }
  }
}
