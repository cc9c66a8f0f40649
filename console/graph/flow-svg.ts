import type { SystemMap } from '../system-map.ts'
import { drawMap, type PlacedEdge, type PlacedPart, pathThrough } from './map-layout.ts'

const ink = '#1c1d1f'
const paper = '#ffffff'
const line = '#8b8e94'
const font = 'system-ui, Helvetica, Arial, sans-serif'

/** The parts of the system and what goes between them as a drawing that stands by itself, in dark ink on white paper. */
export const flowSvg = ({ parts, edges }: SystemMap): string => {
  const { width, height, ...drawing } = drawMap(parts, edges, 'LR')
  const size = `width="${rounded(width)}" height="${rounded(height)}" viewBox="0 0 ${rounded(width)} ${rounded(height)}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${font}" font-size="13">`,
    `<title>The parts of the system, and what goes between them</title>`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="${line}"/></marker></defs>`,
    `<rect width="100%" height="100%" fill="${paper}"/>`,
    ...drawing.edges.map(edgeText),
    ...drawing.parts.map(partText),
    '</svg>',
  ].join('\n')
}

const edgeText = ({ edge: { source, target, kind }, points }: PlacedEdge): string => {
  const dashes = kind === 'live' || kind === 'events' ? ' stroke-dasharray="5 4"' : ''
  return `<path d="${pathThrough(points.map(({ x, y }) => ({ x: rounded(x), y: rounded(y) })))}" fill="none" stroke="${line}"${dashes} marker-end="url(#arrow)"><title>${escaped(`${source} → ${target}: ${kind}`)}</title></path>`
}

const partText = ({ part: { kind, title }, x, y, width, height }: PlacedPart): string => {
  const at = `x="${rounded(x - width / 2)}" y="${rounded(y - height / 2)}" width="${rounded(width)}" height="${rounded(height)}"`
  const isSmall = kind === 'queue'
  const label = title.toLowerCase() === kind || isSmall ? '' : kind
  const titleY = rounded(label === '' ? y + 4 : y - 3)
  return [
    `<rect ${at} rx="${kind === 'database' ? 16 : 8}" fill="${paper}" stroke="${ink}" stroke-width="${kind === 'gateway' ? 2 : 1}"/>`,
    `<text x="${rounded(x)}" y="${titleY}" text-anchor="middle" fill="${ink}"${isSmall ? ' font-size="11.5"' : ' font-weight="600"'}>${escaped(title)}</text>`,
    label === ''
      ? ''
      : `<text x="${rounded(x)}" y="${rounded(y + 14)}" text-anchor="middle" fill="${line}" font-size="11">${label}</text>`,
  ].join('')
}

const rounded = (number: number): number => Math.round(number * 10) / 10

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
