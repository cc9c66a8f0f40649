import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeServices } from '@apollo/composition'
import { check } from '@supergraph/composition/check.ts'
import { composeSubgraphs, type Subgraph } from '@supergraph/composition/composition.ts'
import { parse } from 'graphql'
import { stringify } from 'yaml'
import { parseArguments, runCommand } from '../commands/command-line.ts'
import { makeRoverHome } from '../commands/rover/rover-home.ts'
import { findRover, type Rover } from '../testbed/rover.ts'
import { changeSubgraphs, generateOperations, generateSubgraphs } from './schema/generated-graph.ts'

const help = `npm run bench -- schema

Measures composition of 5, 50 and 400 generated subgraphs, and the check of a change to them with their operations, against
@apollo/composition alone, and rover's own composition where npm gives rover. Fails if the check of 400 takes 30 s.

  --help  this text`

const sizes = [
  { count: 5, runs: 5 },
  { count: 50, runs: 3 },
  { count: 400, runs: 1 },
] as const
const largestCheckSeconds = 30

type Took = { readonly seconds: number; readonly cpuSeconds: number | undefined }

/** The quickest of some runs. */
const quickest = async (runs: number, act: () => unknown): Promise<Took> => {
  const all: Took[] = []
  for (let run = 0; run < runs; run += 1) {
    const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
    await act()
    const { user, system } = process.cpuUsage(cpu)
    all.push({ seconds: (performance.now() - startedAt) / 1_000, cpuSeconds: (user + system) / 1e6 })
  }
  return all.reduce((a, b) => (b.seconds < a.seconds ? b : a))
}

const demand = <C extends { readonly kind: string }>(composition: C): C => {
  if (composition.kind !== 'composed') throw new Error('the generated subgraphs do not compose')
  return composition
}

/** What `rover subgraph check` has the registry do: compose the proposal, and compare it with what is served. */
const measureCheck = (subgraphs: readonly Subgraph[], runs: number): Promise<Took> => {
  const operations = generateOperations(subgraphs.length)
  const base = { subgraphs, composition: demand(composeSubgraphs(subgraphs)), operations: [] }
  const changed = changeSubgraphs(subgraphs)
  return quickest(runs, async () => {
    const report = await check(
      { subgraphs: changed, composition: demand(composeSubgraphs(changed)), operations },
      base,
    )
    const isFound = report.changes.some(
      ({ code, status }) => code === 'FIELD_TYPE_CHANGED' && status === 'FAIL',
    )
    if (!isFound) throw new Error('the check did not find the change')
  })
}

const measureRover = async (
  rover: Rover,
  folder: string,
  subgraphs: readonly Subgraph[],
  runs: number,
): Promise<Took> => {
  mkdirSync(folder, { recursive: true })
  for (const { name, sdl } of subgraphs) writeFileSync(join(folder, `${name}.graphql`), sdl)
  const config = {
    federation_version: '=2.14.4',
    subgraphs: Object.fromEntries(
      subgraphs.map(({ name, url }) => [name, { routing_url: url, schema: { file: `${name}.graphql` } }]),
    ),
  }
  writeFileSync(join(folder, 'rover.yaml'), stringify(config))
  const home = makeRoverHome(join(folder, 'home'))
  const args = ['supergraph', 'compose', '--config', join(folder, 'rover.yaml')]
  const took = await quickest(runs, async () => {
    const { status, output } = await rover.run(
      [...args, '--output', join(folder, 'supergraph.graphql')],
      home,
    )
    if (status !== 0) throw new Error(output)
  })
  // n.b. its work is done by other processes
  return { ...took, cpuSeconds: undefined }
}

const lineOf = (count: number, what: string, { seconds, cpuSeconds }: Took, floor: Took): string =>
  [
    String(count).padStart(9),
    `  ${what.padEnd(42)}`,
    seconds.toFixed(2).padStart(8),
    (cpuSeconds?.toFixed(2) ?? '').padStart(8),
    (seconds / floor.seconds).toFixed(2).padStart(10),
  ].join('')

await runCommand(help, async () => {
  parseArguments({ args: process.argv.slice(3) })
  const rover = await findRover()
  const folder = mkdtempSync(join(tmpdir(), 'supergraph-schema-'))
  try {
    console.log(
      `${'subgraphs'.padStart(9)}  ${''.padEnd(42)}${'s'.padStart(8)}${'CPU s'.padStart(8)}${'to floor'.padStart(10)}`,
    )
    let largest = 0
    for (const { count, runs } of sizes) {
      const subgraphs = generateSubgraphs(count)
      // n.b. code that runs for the first time is compiled first
      demand(composeSubgraphs(generateSubgraphs(5)))
      const floor = await quickest(runs, () =>
        composeServices(subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }))),
      )
      console.log(lineOf(count, 'composeServices alone, the floor', floor, floor))
      const composed = await quickest(runs, () => demand(composeSubgraphs(subgraphs)))
      console.log(lineOf(count, 'npm run compose', composed, floor))
      const checked = await measureCheck(subgraphs, runs)
      console.log(lineOf(count, `check with ${generateOperations(count).length} operations`, checked, floor))
      largest = checked.seconds
      if (rover !== undefined) {
        const byRover = await measureRover(rover, join(folder, `${count}`), subgraphs, runs)
        console.log(lineOf(count, 'rover supergraph compose, with our plugin', byRover, floor))
      }
    }
    console.log(`
The floor is @apollo/composition's composeServices of the same subgraphs, with their parsing. rover's own plugin for
composition comes from the internet: what is measured is rover ${rover === undefined ? '(not here: npm gives none) ' : ''}with the plugin of docs/decisions/0036 in its place.
A check composes the proposal, compares, lints, and plans twice each operation that the change can touch.
The check of ${sizes.at(-1)?.count} subgraphs took ${largest.toFixed(1)} s: ${largest < largestCheckSeconds ? 'under' : 'NOT under'} the ${largestCheckSeconds} s that it may take.`)
    if (largest >= largestCheckSeconds) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true })
  }
})
