/** One file, or folder, imports another. */
type Arrow = { readonly from: string; readonly to: string }

/**
 * Describes the circles of files, and then the circles of neighbours in one folder, which are folders or files beside them.
 * The imports of tests count only for circles of files.
 */
export const findCircles = (
  arrows: readonly Arrow[],
  isTest: (path: string) => boolean,
): readonly string[] => {
  const ofFiles = circlesIn(arrows)
  const wayOut = 'Move what they share into a file that imports none of them'
  const ofProduct = arrows.filter(({ from, to }) => !isTest(from) && !isTest(to)).map(toNeighbours)
  const ofFolders = circlesIn(ofProduct).filter(circle => circle.some(({ from }) => !from.endsWith('.ts')))
  const proofOf = (circle: readonly Arrow[]) =>
    circle.map(({ from, to }) => ofProduct.find(arrow => arrow.from === from && arrow.to === to)?.proof)
  return [
    ...ofFiles.map(circle => `${namesOf(circle)} import each other in a circle\n  ${wayOut}`),
    ...ofFolders.map(circle =>
      [`${namesOf(circle)} import each other in a circle of folders`, ...proofOf(circle), wayOut].join(
        '\n  ',
      ),
    ),
  ]
}

const namesOf = (circle: readonly Arrow[]): string =>
  [...circle, ...circle.slice(0, 1)].map(({ from }) => from).join(' → ')

/** The arrow between the two neighbours that the files lie in, below the folder that both have in common. */
const toNeighbours = ({ from, to }: Arrow) => {
  const [a, b] = [from.split('/'), to.split('/')]
  const depth = a.findIndex((name, index) => name !== b[index]) + 1
  return {
    from: a.slice(0, depth).join('/'),
    to: b.slice(0, depth).join('/'),
    proof: `${from} imports ${to}`,
  }
}

/** Shortest circles, until each name that is in any circle is in one of these. */
const circlesIn = (arrows: readonly Arrow[]): readonly (readonly Arrow[])[] => {
  const arrowsFrom = Map.groupBy(arrows, ({ from }) => from)
  const circles: (readonly Arrow[])[] = []
  const known = new Set<string>()
  for (const start of [...arrowsFrom.keys()].sort()) {
    const circle = known.has(start) ? undefined : wayBack(start, arrowsFrom)
    if (circle === undefined) continue
    circles.push(circle)
    for (const { from } of circle) known.add(from)
  }
  return circles
}

const wayBack = (
  start: string,
  arrowsFrom: ReadonlyMap<string, readonly Arrow[]>,
): readonly Arrow[] | undefined => {
  const ways = new Map<string, readonly Arrow[]>([[start, []]])
  for (const [name, way] of ways) {
    for (const arrow of arrowsFrom.get(name) ?? []) {
      if (arrow.to === start) return [...way, arrow]
      if (!ways.has(arrow.to)) ways.set(arrow.to, [...way, arrow])
    }
  }
  return undefined
}
