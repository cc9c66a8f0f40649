import { drawing, textAt } from '../../testbed/svg.ts'
import { orderSteps, type Resource } from './growth.ts'

const width = 860
const labelWidth = 210
const barHeight = 18
const rowHeight = 26
const top = 34
const [least, most] = [1, 100_000]

/** An SVG with a bar for each resource: how many orders a second use one of it up, on a logarithmic scale. */
export const plotOf = (resources: readonly Resource[]): string => {
  const scale = (width - labelWidth - 70) / Math.log10(most / least)
  const xOf = (perSecond: number) =>
    labelWidth + Math.log10(Math.min(most, Math.max(least, perSecond)) / least) * scale
  const ranked = resources
    .map(({ name, demandMs, places }) => ({ name, perSecond: (places * 1_000) / demandMs }))
    .toSorted((a, b) => a.perSecond - b.perSecond)
  const height = top + ranked.length * rowHeight + 10
  const bars = ranked.map(({ name, perSecond }, index) => {
    const y = top + index * rowHeight
    const length = xOf(perSecond) - labelWidth
    return [
      textAt(labelWidth - 8, y + 13, name, 'end'),
      `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" fill="#1668dc"/>`,
      textAt(labelWidth + length + 6, y + 13, perSecond.toFixed(0), 'start'),
    ].join('\n')
  })
  const lines = orderSteps.map(step => {
    const x = xOf(step).toFixed(1)
    return [
      `<line x1="${x}" y1="${top - 8}" x2="${x}" y2="${height - 6}" stroke="#d08a2e" stroke-dasharray="3 3"/>`,
      textAt(xOf(step), top - 14, String(step), 'middle'),
    ].join('\n')
  })
  return drawing(
    { width, height, title: 'Orders a second that use one of each resource up, and the steps of growth' },
    [...bars, ...lines],
  )
}
