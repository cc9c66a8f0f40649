import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { z } from 'zod'
import { parseArguments, runCommand } from '../commands/command-line.ts'
import { startTokenIssuer } from '../testbed/token-issuer.ts'
import { cores, startChild } from './gateway/child.ts'
import { composeSubgraphs } from './subscriptions/graph.ts'
import { printHead, printRow, type Row } from './subscriptions/report.ts'

const help = `npm run bench -- subscriptions

Measures subscriptions whose events take three subgraphs, of 1,000 and 5,000 clients by WebSocket and by server-sent events,
who share a topic or have one each: events a second, latency, memory and CPU, against a server that only sends.

  --help  this text`

const counts = [1_000, 5_000] as const
// n.b. the first clients also pay for compiled code
const warmUp = 100
const seconds = 3

const server = z.object({ url: z.string(), publishUrl: z.string().optional() })
const sources = z.object({ publishUrl: z.string(), urls: z.record(z.string(), z.string()) })
const use = z.object({ bytes: z.number(), cpuMicroseconds: z.number() })
const received = z.object({
  latencies: z.instanceof(Float64Array),
  events: z.number(),
  seconds: z.number(),
})

/** What is measured: all clients subscribe to one topic, or each to one of its own, for the gateway to share or not. */
const contenders = [
  { title: 'floor', program: 'floor', transport: 'WebSocket', topics: 'one' },
  { title: 'WebSocket, shared', program: 'gateway', transport: 'WebSocket', topics: 'one' },
  { title: 'SSE, shared', program: 'gateway', transport: 'SSE', topics: 'one' },
  { title: 'WebSocket, each its own', program: 'gateway', transport: 'WebSocket', topics: 'own' },
  { title: 'SSE, each its own', program: 'gateway', transport: 'SSE', topics: 'own' },
] as const

/** Measures one server with more and more clients. n.b. each in new processes, whose memory nobody has used before */
const measureAll = (
  { program, transport, topics }: (typeof contenders)[number],
  settings: object,
  subgraphUrl: string,
): Promise<readonly Row[]> => {
  const running = startAll(async begin => {
    const options = { core: cores.gateway, execArgv: ['--expose-gc'] }
    const measured = begin(await startChild(`../subscriptions/${program}.ts`, settings, options))
    const clients = begin(await startChild('../subscriptions/clients.ts', {}, { core: cores.rest }))
    const { url, publishUrl = subgraphUrl } = server.parse(measured.ready)
    const rows: Row[] = []
    await clients.ask({ open: warmUp, transport, url, topics })
    await clients.ask({ measureSeconds: 1, publishUrl })
    const first = use.parse(await measured.ask({}))
    for (const count of counts) {
      await clients.ask({ open: count, transport, url, topics })
      const before = use.parse(await measured.ask({}))
      const result = received.parse(await clients.ask({ measureSeconds: seconds, publishUrl }))
      const after = use.parse(await measured.ask({}))
      rows.push({
        ...result,
        clients: count,
        cpuMicroseconds: after.cpuMicroseconds - before.cpuMicroseconds,
        bytesPerClient: (after.bytes - first.bytes) / (count - warmUp),
      })
    }
    return { rows }
  })
  return running.then(async ({ rows, stop }) => {
    await stop()
    return rows
  })
}

await runCommand(help, async () => {
  parseArguments({ args: process.argv.slice(3) })
  const tokens = await startTokenIssuer()
  const { keys } = await createIdentityKeys(['gateway'])
  const subgraphs = await startChild('../subscriptions/subgraphs.ts', {}, { core: cores.rest })
  const { publishUrl: subgraphUrl, urls } = sources.parse(subgraphs.ready)
  const settings = {
    supergraphSdl: composeSubgraphs(urls),
    identityKey: keys.gateway,
    jwksUrl: tokens.jwksUrl,
  }
  try {
    printHead()
    let floor: readonly Row[] = []
    for (const contender of contenders) {
      const rows = await measureAll(contender, settings, subgraphUrl)
      if (contender.program === 'floor') floor = rows
      for (const [index, row] of rows.entries()) printRow(contender.title, row, floor[index] ?? row)
    }
  } finally {
    await subgraphs.stop()
    await tokens.stop()
  }
})
