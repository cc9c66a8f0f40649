import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Counter, Gauge, Registry } from 'prom-client'
import { createParts } from './parts.ts'
import { Seconds } from './seconds.ts'

/** The metrics of this process; those of several services in one process differ by their labels. */
export const registry = new Registry()

type Definition<Label extends string> = {
  readonly name: `supergraph_${string}`
  readonly help: string
  readonly labels: readonly Label[]
}

/** Defines how often something took how many seconds; `of` gives what measures with some labels, to be kept. */
export const defineSeconds = <Label extends string>(
  definition: Definition<Label> & { readonly bounds?: readonly number[] },
) => new Seconds(definition, [registry])

/** A value, and what it is of. */
export type Sample<Label extends string> = readonly [
  labels: Readonly<Partial<Record<Label, string>>>,
  value: number,
]

type Samples<Label extends string> = readonly Sample<Label>[]
type Read<Label extends string> = () => Samples<Label> | Promise<Samples<Label>>

const readWithinMs = 2_000

/**
 * Defines a metric whose values are counted elsewhere, and read when somebody asks for them; values with equal labels add
 * up. A reading that fails or takes longer than 2 s is left out, and counted.
 */
export const defineReading = <Label extends string>({
  kind,
  labels,
  ...rest
}: Definition<Label> & { readonly kind: 'level' | 'count' }) => {
  const reads = new Set<Read<Label>>()
  const readAll = async (): Promise<Samples<Label>> =>
    (await Promise.all([...reads].map(read => readInTime(rest.name, read)))).flat()
  const fill = async (metric: Pick<Gauge<Label>, 'reset' | 'remove' | 'inc'>): Promise<void> => {
    const samples = await readAll()
    // n.b. from here to the last sample nothing is awaited: two may ask at the same time
    metric.reset()
    // n.b. prom-client begins a metric without labels with 0, which nobody has read
    if (labels.length === 0) metric.remove()
    for (const [of, value] of samples) metric.inc(of, value)
  }
  const options = { ...rest, labelNames: labels, registers: [registry] }
  if (kind === 'level')
    new Gauge({
      ...options,
      collect() {
        return fill(this)
      },
    })
  else
    new Counter({
      ...options,
      collect() {
        return fill(this)
      },
    })
  return {
    /** Reads here too, from now on until stopped. */
    from: (read: Read<Label>): Running => {
      reads.add(read)
      return {
        stop: async () => {
          reads.delete(read)
        },
      }
    },
  }
}

/** Defines a number that who counts keeps and changes, which costs no more than that; `of` gives the one of some labels. */
export const defineNumber = <Label extends string>(
  definition: Definition<Label> & { readonly kind: 'level' | 'count' },
) => {
  const numbers = createParts(definition.labels, () => ({ value: 0 }))
  defineReading(definition).from(() => numbers.all().map(({ labels, part }) => [labels, part.value]))
  return { of: numbers.of }
}

const failedReadings = defineNumber({
  kind: 'count',
  name: 'supergraph_metrics_failed_readings_total',
  help: 'Readings that failed or took longer than 2 s, and are missing in the answer; by metric.',
  labels: ['metric'],
})

const readInTime = async <Label extends string>(
  metric: string,
  read: Read<Label>,
): Promise<Samples<Label>> => {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(reject, readWithinMs, new Error('the reading took too long'))
  try {
    return await Promise.race([Promise.resolve().then(read), late])
  } catch {
    failedReadings.of({ metric }).value += 1
    return []
  } finally {
    clearTimeout(timer)
  }
}

/** Reads anew only when what was read is older than so many milliseconds; who asks meanwhile gets the same. */
export const keptFor = <T>(ms: number, read: () => Promise<T>): (() => Promise<T>) => {
  let kept: { readonly atMs: number; readonly value: Promise<T> } | undefined
  return () => {
    if (kept === undefined || performance.now() - kept.atMs >= ms)
      kept = { atMs: performance.now(), value: read() }
    return kept.value
  }
}
