import { type Point, pathThrough } from './map-layout.ts'

/** A box by its middle; its note stands below its title. */
export type DrawnBox = Point & {
  readonly width: number
  readonly height: number
  readonly title: string
  readonly note: string
  readonly look: 'usual' | 'strong' | 'small' | 'round'
}

export type DrawnLine = {
  readonly points: readonly Point[]
  readonly isDashed: boolean
  readonly title: string
}

const ink = '#1c1d1f'
const paper = '#ffffff'
const line = '#8b8e94'
const faint = '#63666b'
const font = 'system-ui, Helvetica, Arial, sans-serif'

/** A drawing that stands by itself, in dark ink on white paper. */
export const writeSvg = ({
  title,
  width,
  height,
  lines,
  boxes,
}: {
  readonly title: string
  readonly width: number
  readonly height: number
  readonly lines: readonly DrawnLine[]
  readonly boxes: readonly DrawnBox[]
}): string => {
  const size = `width="${rounded(width)}" height="${rounded(height)}" viewBox="0 0 ${rounded(width)} ${rounded(height)}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${font}" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="${line}"/></marker></defs>`,
    `<rect width="100%" height="100%" fill="${paper}"/>`,
    ...lines.map(lineText),
    ...boxes.map(boxText),
    '</svg>',
  ].join('\n')
}

const lineText = ({ points, isDashed, title }: DrawnLine): string => {
  const path = pathThrough(points.map(({ x, y }) => ({ x: rounded(x), y: rounded(y) })))
  return `<path d="${path}" fill="none" stroke="${line}"${isDashed ? ' stroke-dasharray="5 4"' : ''} marker-end="url(#arrow)"><title>${escaped(title)}</title></path>`
}

const boxText = ({ x, y, width, height, title, note, look }: DrawnBox): string => {
  const at = `x="${rounded(x - width / 2)}" y="${rounded(y - height / 2)}" width="${rounded(width)}" height="${rounded(height)}"`
  const titleY = rounded(note === '' ? y + 4 : y - 3)
  return [
    `<rect ${at} rx="${look === 'round' ? 16 : 8}" fill="${paper}" stroke="${ink}" stroke-width="${look === 'strong' ? 2 : 1}"/>`,
    `<text x="${rounded(x)}" y="${titleY}" text-anchor="middle" fill="${ink}"${look === 'small' ? ' font-size="11.5"' : ' font-weight="600"'}>${escaped(title)}</text>`,
    note === ''
      ? ''
      : `<text x="${rounded(x)}" y="${rounded(y + 14)}" text-anchor="middle" fill="${faint}" font-size="11">${escaped(note)}</text>`,
  ].join('')
}

const rounded = (number: number): number => Math.round(number * 10) / 10

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
