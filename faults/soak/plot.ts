import { drawing, headingAt, textAt } from '../../testbed/svg.ts'
import type { Lives, Measure } from './meter.ts'
import type { Point } from './trend.ts'

const width = 860
const left = 46
const right = 170
const panelHeight = 170
const panelGap = 44
const labelHeight = 12
const minuteMs = 60_000
const colours = [
  '#1668dc',
  '#d08a2e',
  '#7c5cc4',
  '#2f8f5b',
  '#c0392b',
  '#3aa6b9',
  '#8a6d3b',
  '#d05fa2',
] as const
const passing = '#c9ced6'

/** A line of a panel, in as many pieces as there were lives. */
type Curve = { readonly label: string; readonly pieces: readonly (readonly Point[])[] }

/** An SVG with a panel for each measure: a coloured line for what lived as long as the run, grey ones for what was started anew. */
export const plotOf = (lives: Lives): string => {
  const panels = [
    { title: 'Heap after a collection, MiB', curves: curvesOf(lives, 'heap') },
    { title: 'Resident memory, MiB', curves: curvesOf(lives, 'resident') },
    { title: 'Open files and sockets', curves: curvesOf(lives, 'files') },
    {
      title: 'Sessions of PostgreSQL, connections to RabbitMQ',
      curves: [...curvesOf(lives, 'sessions', 'PostgreSQL'), ...curvesOf(lives, 'broker', 'RabbitMQ')],
    },
    {
      title: 'Until a page is read and an order is placed, ms: half of them',
      curves: curvesOf(lives, 'p50'),
    },
    { title: 'The same: the slowest hundredth, which restarts delay', curves: curvesOf(lives, 'p99') },
  ]
  const endMs = Math.max(
    minuteMs,
    ...panels.flatMap(({ curves }) => curves.flatMap(({ pieces }) => pieces.flat().map(({ atMs }) => atMs))),
  )
  const height = panels.length * (panelHeight + panelGap) + 20
  return drawing(
    { width, height, title: 'What each process uses, and how long people wait, minute by minute' },
    panels.map(({ title, curves }, index) => panelOf(title, curves, index * (panelHeight + panelGap), endMs)),
  )
}

const curvesOf = (lives: Lives, measure: Measure, label?: string): readonly Curve[] =>
  [...lives].flatMap(([of, own]) => {
    const pieces = own.flatMap(({ [measure]: points }) => (points === undefined ? [] : [points]))
    return pieces.length === 0 ? [] : [{ label: label ?? of, pieces }]
  })

const panelOf = (title: string, curves: readonly Curve[], top: number, endMs: number): string => {
  const most = Math.max(1, ...curves.flatMap(({ pieces }) => pieces.flat().map(({ value }) => value))) * 1.05
  const [begin, end] = [top + 28, top + 28 + panelHeight - 20]
  const xOf = (atMs: number) => left + (atMs / endMs) * (width - left - right)
  const yOf = (value: number) => end - (value / most) * (end - begin)
  const steady = curves.filter(({ pieces }) => pieces.length === 1)
  const lineOf = (points: readonly Point[], colour: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.map(({ atMs, value }) => `${xOf(atMs).toFixed(1)},${yOf(value).toFixed(1)}`).join(' ')}"/>`
  const colourOf = (index: number) => colours[index % colours.length] ?? passing
  const lastOf = ({ pieces }: Curve) => pieces.at(-1)?.at(-1)?.value ?? 0
  const labels = steady
    .map((curve, index) => ({ curve, colour: colourOf(index), y: yOf(lastOf(curve)) }))
    .toSorted((one, other) => one.y - other.y)
  const texts = apart(labels, { begin: begin + 4, end: end - 4 }).map(({ curve, colour, y }) => {
    const x = width - right + 8
    return [
      `<rect x="${x}" y="${(y - 4).toFixed(1)}" width="8" height="8" fill="${colour}"/>`,
      textAt(x + 12, Math.round(y + 4), `${curve.label} ${lastOf(curve).toFixed(0)}`, 'start'),
    ].join('\n')
  })
  const minutes = Math.round(endMs / minuteMs)
  return [
    headingAt(8, top + 16, title),
    `<rect x="${left}" y="${begin}" width="${width - left - right}" height="${end - begin}" fill="none" stroke="${passing}"/>`,
    textAt(left - 6, begin + 10, most.toFixed(0), 'end'),
    textAt(left - 6, end, '0', 'end'),
    textAt(left, end + 14, '0', 'middle'),
    textAt(width - right, end + 14, `${minutes} min`, 'end'),
    ...curves
      .filter(({ pieces }) => pieces.length > 1)
      .flatMap(({ pieces }) => pieces.map(points => lineOf(points, passing))),
    ...steady.map(({ pieces }, index) => lineOf(pieces[0] ?? [], colourOf(index))),
    ...texts,
  ].join('\n')
}

/** Pushes neighbouring labels apart, downwards, and those that no longer fit up again. */
const apart = <L extends { readonly y: number }>(
  labels: readonly L[],
  { begin, end }: { readonly begin: number; readonly end: number },
): readonly L[] => {
  let free = begin
  const pushed = labels.map(label => {
    const y = Math.max(label.y, free)
    free = y + labelHeight
    return { ...label, y }
  })
  let last = end
  return pushed.toReversed().map(label => {
    const y = Math.min(label.y, last)
    last = y - labelHeight
    return { ...label, y }
  })
}
