import { Histogram, type Registry } from 'prom-client'
import { createParts, type Labels } from './parts.ts'

/** From what memory answers to what a person waits for at most. */
const defaultBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** How often something of one set of labels took how many seconds. n.b. kept by who measures: to observe allocates nothing */
export class Durations {
  readonly #bounds: readonly number[]
  /** How many are in each bucket alone; the last one has no bound. */
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(seconds: number): void {
    let bucket = 0
    for (const bound of this.#bounds) {
      if (seconds <= bound) break
      bucket += 1
    }
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += seconds
  }
}

type Definition<Label extends string> = {
  readonly name: string
  readonly help: string
  readonly labels: readonly Label[]
  /** The upper bounds of its buckets. */
  readonly bounds?: readonly number[]
}

/** A histogram whose parts are found once and then kept by who measures. */
export class Seconds<Label extends string> extends Histogram<Label> {
  readonly #name: string
  readonly #help: string
  readonly #bounds: readonly number[]
  readonly #parts: ReturnType<typeof createParts<Label, Durations>>

  constructor({ name, help, labels, bounds = defaultBounds }: Definition<Label>, registers: Registry[]) {
    super({ name, help, labelNames: labels, registers })
    this.#name = name
    this.#help = help
    this.#bounds = bounds
    this.#parts = createParts(labels, () => new Durations(bounds))
  }

  /** What measures with these labels. */
  of(labels: Labels<Label>): Durations {
    return this.#parts.of(labels)
  }

  /** What the registry and `get` ask for. n.b. parts without a value are left out: most of the sets of labels never come */
  async getForPromString() {
    const values = this.#parts.all().flatMap(part => this.#valuesOf(part))
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values }
  }

  #valuesOf({
    labels: sharedLabels,
    part: { counts, sum },
  }: {
    readonly labels: Labels<Label>
    readonly part: Durations
  }) {
    const bounds = [...this.#bounds.map(String), '+Inf']
    let count = 0
    const buckets = bounds.map((le, bucket) => {
      count += counts[bucket] ?? 0
      return { metricName: `${this.#name}_bucket`, labels: { le }, sharedLabels, value: count }
    })
    if (count === 0) return []
    return [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels: {}, sharedLabels, value: sum },
      { metricName: `${this.#name}_count`, labels: {}, sharedLabels, value: count },
    ]
  }
}
