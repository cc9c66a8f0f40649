/** Labels with their values. */
export type Labels<Label extends string> = Readonly<Record<Label, string>>

/** The parts of a metric: one for each set of labels, made when it is first asked for. */
export const createParts = <Label extends string, Part>(names: readonly Label[], make: () => Part) => {
  const parts = new Map<string, { readonly labels: Labels<Label>; readonly part: Part }>()
  return {
    of: (labels: Labels<Label>): Part => {
      const key = JSON.stringify(names.map(name => labels[name]))
      const known = parts.get(key)
      if (known !== undefined) return known.part
      const part = make()
      parts.set(key, { labels, part })
      return part
    },
    all: () => [...parts.values()],
  }
}
