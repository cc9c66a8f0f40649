import { availableParallelism, cpus } from 'node:os'
import { numberIn, parseArguments, runCommand, UsageError } from '../commands/command-line.ts'
import { type Arena, openArena, type Sample } from './gateway/arena.ts'
import { type Case, cases, queries, reads } from './gateway/cases.ts'
import { canPin } from './gateway/child.ts'
import { type Figures, figuresOf } from './gateway/figures.ts'
import { writePage } from './gateway/page.ts'
import { installPeers } from './gateway/peers/install.ts'
import { caseLines } from './gateway/report.ts'
import { keepResult } from './gateway/results.ts'
import { type ContenderName, contenders, peers } from './gateway/settings.ts'

const quickContenders = ['ours', 'stock', 'floor'] as const
const quickQueries = ['Q1', 'Q2', 'Q3'] as const

const help = `npm run bench -- gateway [options]

Measures the gateway against others over the same subgraphs in memory, in turn, in one run, with every answer checked: the
stock @apollo/gateway, Hive Gateway, Mercurius' gateway, and the floor, a proxy that makes the same calls and joins the
parsed JSON. The gateway has a core of its own, the subgraphs and the clients have the other one. Every protection of our
gateway is on; it checks the viewers' access tokens and signs identity tokens. Reads are identical and of one viewer, so that
a gateway may share them, or different. The other gateways are installed when they are first needed.

  --quick          ours, stock and floor, with 16 connections, Q1 to Q3, in less than two minutes
  --only NAMES     only these gateways: ${contenders.join(', ')}
  --queries NAMES  only these queries: ${queries.join(', ')}
  --reads KIND     only ${reads.join(' or ')} reads
  --seconds N      how long each gateway is measured in each case and round
  --rounds N       how often the gateways take turns
  --write          keeps the figures in docs/performance.md, those of other cases as they are
  --cpu-prof       each gateway leaves a CPU profile in the current folder when it ends
  --help           this text`

await runCommand(help, async () => {
  const options = readArguments()
  const interrupted = new Promise<'interrupted'>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'))
  })
  console.log(machine())
  if (peers.some(name => options.only.includes(name))) installPeers()
  const arena = await openArena(options.only, { execArgv: options.execArgv })
  const outcome = await Promise.race([measureAll(arena, options), interrupted]).finally(arena.stop)
  if (outcome === 'interrupted') process.exit(130)
})

type Options = ReturnType<typeof readArguments>

function readArguments() {
  const { values } = parseArguments({
    args: process.argv.slice(3),
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      queries: { type: 'string' },
      reads: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      write: { type: 'boolean', default: false },
      'cpu-prof': { type: 'boolean', default: false },
    },
  })
  const { quick } = values
  return {
    only: namesIn(contenders, values.only ?? (quick ? quickContenders.join(',') : undefined)),
    queries: namesIn(queries, values.queries ?? (quick ? quickQueries.join(',') : undefined)),
    reads: namesIn(reads, values.reads),
    seconds: numberIn('--seconds', values.seconds ?? (quick ? '1.5' : '3')),
    rounds: numberIn('--rounds', values.rounds ?? (quick ? '2' : '3')),
    quick,
    write: values.write,
    execArgv: values['cpu-prof'] ? ['--cpu-prof'] : [],
  }
}

function namesIn<Name extends string>(known: readonly Name[], text: string | undefined): readonly Name[] {
  if (text === undefined) return known
  return text.split(',').map(name => {
    const found = known.find(each => each === name)
    if (found === undefined) throw new UsageError(`${name} is none of ${known.join(', ')}`)
    return found
  })
}

function machine(): string {
  const pinned = canPin ? ', one of them for the gateway' : ''
  return `${availableParallelism()} cores${pinned}, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`
}

async function measureAll(arena: Arena, options: Options): Promise<void> {
  for (const asked of cases.filter(each => isWanted(each, options))) {
    await warmUp(arena, asked, options)
    for (const connections of options.quick ? [16] : asked.connections) {
      const figures = await measure(arena, asked, connections, options)
      console.log(caseLines(asked, connections, figures).join('\n'))
      if (options.write) writePage(keepResult(asked, connections, machine(), figures))
    }
  }
}

function isWanted({ query, reads }: Case, options: Options): boolean {
  return options.queries.includes(query) && options.reads.includes(reads)
}

/** Lets the gateways plan and compile, and the subgraphs work out every answer that the measurement will need. */
async function warmUp(arena: Arena, asked: Case, { only }: Options): Promise<void> {
  // n.b. after one second, the first figures of each gateway were still 15 to 20 % lower than its later ones
  const load = { connections: 16, seconds: 3, atLeast: asked.requests.length }
  for (const contender of only.filter(name => asked.gateways.includes(name)))
    await arena.measure(contender, asked, load)
}

async function measure(
  arena: Arena,
  asked: Case,
  connections: number,
  { only, seconds, rounds }: Options,
): Promise<ReadonlyMap<ContenderName, Figures>> {
  const load = { connections, seconds, atLeast: 0 }
  const gateways = only.filter(name => asked.gateways.includes(name))
  const samples: { readonly contender: ContenderName; readonly sample: Sample }[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of gateways) {
      samples.push({ contender, sample: await arena.measure(contender, asked, load) })
    }
  }
  return new Map(
    gateways.map(name => [
      name,
      figuresOf(samples.filter(({ contender }) => contender === name).map(({ sample }) => sample)),
    ]),
  )
}
