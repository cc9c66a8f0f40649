import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { Case } from './cases.ts'
import type { Figures } from './figures.ts'
import { type ContenderName, contenders } from './settings.ts'

const figures = z.object({
  perSecond: z.number(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  p999Ms: z.number(),
  cpuMicroseconds: z.number(),
  wrong: z.number(),
})
const result = z.object({
  query: z.string(),
  title: z.string(),
  reads: z.enum(['different', 'identical']),
  connections: z.number(),
  machine: z.string(),
  figures: z.partialRecord(z.enum(contenders), figures),
})

/** The figures of all gateways in one case, all of one run. */
export type Result = z.output<typeof result>

const file = new URL('results.json', import.meta.url)

/** The results that were kept before. */
export const readResults = (): readonly Result[] =>
  existsSync(file) ? z.array(result).parse(JSON.parse(readFileSync(file, 'utf8'))) : []

/** Keeps a result in the place of the one before of the same case, and gives all results. */
export const keepResult = (
  { query, title, reads }: Case,
  connections: number,
  machine: string,
  measured: ReadonlyMap<ContenderName, Figures>,
): readonly Result[] => {
  const kept: Result = result.parse({
    query,
    title,
    reads,
    connections,
    machine,
    figures: Object.fromEntries([...measured].map(([name, each]) => [name, rounded(each)])),
  })
  const keyOf = (each: Result) => [each.query, each.title, each.reads, each.connections].join()
  const others = readResults().filter(each => keyOf(each) !== keyOf(kept))
  const all = [...others, kept].toSorted((a, b) => keyOf(a).localeCompare(keyOf(b), 'en', { numeric: true }))
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`)
  return all
}

const rounded = ({ firstWrong: _, ...numbers }: Figures) =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value.toPrecision(4))]))
