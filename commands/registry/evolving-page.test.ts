import { readFileSync } from 'node:fs'
import { check } from '@supergraph/composition/check.ts'
import { composeSubgraphs, type Subgraph } from '@supergraph/composition/composition.ts'
import { labelsIn } from '@supergraph/registry/override-labels.ts'
import { expect, it } from 'vitest'
import { readArguments as readEventsArguments } from '../events/arguments.ts'
import { readArguments } from './arguments.ts'

const page = readFileSync(new URL('../../docs/evolving.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```/gm)].map(
  ([, kind, file = '', text = '']) => ({
    kind,
    file,
    text,
  }),
)

const composed = (subgraphs: readonly Subgraph[]) => {
  const composition = composeSubgraphs(subgraphs)
  if (composition.kind === 'failed')
    throw new Error(composition.errors.map(({ message }) => message).join('\n'))
  return { subgraphs, composition, operations: [] }
}

it('composes each schema of docs/evolving.md in turn, and says of it what the page says', async () => {
  const published = new Map<string, Subgraph>()
  const reports: (readonly string[])[] = []
  const labels: string[][] = []
  let before: ReturnType<typeof composed> | undefined
  for (const { kind, file, text } of blocks) {
    if (kind !== 'graphql') continue
    const name = file.replace('.graphql', '')
    published.set(name, { name, url: `http://${name}`, sdl: text })
    const next = composed([...published.values()])
    const { changes, lint } = await check(next, before)
    expect(lint).toEqual([])
    reports.push(changes.filter(({ status }) => status === 'FAIL').map(({ path }) => path))
    labels.push([...labelsIn(next.composition.supergraph)])
    before = next
  }
  // n.b. a field that moves is no change for clients, and one that is removed is
  expect(reports).toEqual([[], [], ['Product.stars'], [], [], []])
  expect(labels).toEqual([[], [], [], ['move-rating'], [], []])
})

it('has commands that can be called, about schemas and labels that the page has', () => {
  const commands = blocks.filter(({ kind }) => kind === 'sh').flatMap(({ text }) => text.trim().split('\n'))
  const words = (line: string) => [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word)
  const calls = commands
    .filter(line => line.startsWith('npm run registry -- '))
    .map(line => readArguments(words(line).slice(4)))
  expect(calls.map(({ action }) => action)).toEqual([
    'list versions',
    'roll back',
    'list labels',
    'set label',
    'set label',
    'set label',
  ])
  for (const call of calls) if (call.action === 'set label') expect(call.label).toBe('move-rating')
  const queueCalls = commands.filter(line => line.startsWith('npm run events -- '))
  const read = (line: string) => readEventsArguments(words(line.replace(/ +#.*/, '')).slice(4), new Date())
  expect(queueCalls.map(read)).toMatchObject([
    { action: 'queues', change: undefined },
    { action: 'queues', change: 'renew' },
  ])
  const others = commands.filter(line => !/^npm run (registry|events) -- /.test(line))
  for (const line of others)
    expect(line).toMatch(
      /^rover subgraph (check|publish) shop@current --name (products|reviews) --schema \2\.graphql( --routing-url \S+)?$/,
    )
  expect(others.length).toBe(5)
})
