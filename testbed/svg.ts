/** A drawing of so many pixels on white, with a title for those who do not see it. */
export const drawing = (
  { width, height, title }: { readonly width: number; readonly height: number; readonly title: string },
  parts: readonly string[],
): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')

/** A text that begins, has its middle, or ends at a place. */
export const textAt = (x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string =>
  `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" fill="#1d2129">${escaped(text)}</text>`

/** A bold text that begins at a place. */
export const headingAt = (x: number, y: number, text: string): string =>
  `<text x="${x}" y="${y}" font-weight="bold" fill="#1d2129">${escaped(text)}</text>`

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
