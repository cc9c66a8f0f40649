import { drawing, headingAt, textAt } from '../../testbed/svg.ts'
import type { Result } from './results.ts'
import { contenders, titles } from './settings.ts'

const width = 860
const labelWidth = 270
const barHeight = 16
const groupGap = 34
const colours = {
  ours: '#1668dc',
  floor: '#c9ced6',
  stock: '#8a94a3',
  hive: '#d08a2e',
  mercurius: '#7c5cc4',
} as const

/** An SVG with a group of bars for each result: requests a second, as multiples of the stock gateway's. */
export const plotOf = (results: readonly Result[]): string => {
  const ratios = results.flatMap(({ figures }) =>
    contenders.flatMap(
      name => (figures[name]?.perSecond ?? 0) / (figures.stock?.perSecond ?? Number.NaN) || [],
    ),
  )
  const scale = (width - labelWidth - 70) / Math.max(1, ...ratios)
  let y = 10
  const groups = results.map(result => {
    const group = groupOf(result, y, scale)
    y += groupGap + group.bars * (barHeight + 4)
    return group.text
  })
  return drawing(
    {
      width,
      height: y + 10,
      title: 'Requests a second with 16 connections, as multiples of the stock gateway',
    },
    groups,
  )
}

const groupOf = ({ query, title, reads, figures }: Result, top: number, scale: number) => {
  const stock = figures.stock?.perSecond ?? Number.NaN
  const known = contenders.flatMap(name => {
    const each = figures[name]
    return each === undefined ? [] : [{ name, ratio: each.perSecond / stock }]
  })
  const bars = known.map(({ name, ratio }, index) => {
    const y = top + 22 + index * (barHeight + 4)
    const length = (Number.isFinite(ratio) ? ratio : 0) * scale
    return [
      textAt(labelWidth - 8, y + 12, titles[name], 'end'),
      `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" fill="${colours[name]}"/>`,
      textAt(labelWidth + length + 6, y + 12, `${ratio.toFixed(1)} ×`, 'start'),
    ].join('\n')
  })
  const heading = headingAt(8, top + 14, `${query}: ${title}; ${reads} reads`)
  return { bars: known.length, text: [heading, ...bars].join('\n') }
}
