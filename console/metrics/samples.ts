/** A value of a metric. */
export type Sample = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** How many values a histogram has up to each bound, infinity the last. */
export type Buckets = ReadonlyMap<number, number>

/** The values in a text in Prometheus's format; lines that are none are passed over. */
export const readSamples = (text: string): readonly Sample[] =>
  text.split('\n').flatMap(line => {
    const [, name, labels = '', value = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? []
    const number = Number(value)
    return name === undefined || Number.isNaN(number)
      ? []
      : [{ name, labels: readLabels(labels), value: number }]
  })

const readLabels = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', value = '']) => [
      key,
      value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    ]),
  )

/** The values of a metric by one of its labels; equal ones, such as those of several processes, add up. */
export const valuesBy = (
  samples: readonly Sample[],
  name: string,
  label: string,
): ReadonlyMap<string, number> => {
  const values = new Map<string, number>()
  for (const { name: own, labels, value } of samples) {
    if (own !== name) continue
    const of = labels[label] ?? ''
    values.set(of, (values.get(of) ?? 0) + value)
  }
  return values
}

/** The buckets of a histogram, their bounds ascending; those of several sets of labels or processes add up. */
export const bucketsOf = (samples: readonly Sample[], name: string): Buckets => {
  const buckets = new Map<number, number>()
  for (const { name: own, labels, value } of samples) {
    if (own !== `${name}_bucket`) continue
    const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)
    buckets.set(bound, (buckets.get(bound) ?? 0) + value)
  }
  return new Map([...buckets].sort(([one], [other]) => one - other))
}

/** The buckets of a histogram by one of its labels. */
export const bucketsBy = (
  samples: readonly Sample[],
  name: string,
  label: string,
): ReadonlyMap<string, Buckets> => {
  const own = samples.filter(sample => sample.name === `${name}_bucket`)
  const groups = Map.groupBy(own, ({ labels }) => labels[label] ?? '')
  return new Map([...groups].map(([of, group]) => [of, bucketsOf(group, name)]))
}

/** The sum of all values of a metric. */
export const sumOf = (samples: readonly Sample[], name: string): number =>
  samples.reduce((sum, sample) => (sample.name === name ? sum + sample.value : sum), 0)
