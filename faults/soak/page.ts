import { writeFileSync } from 'node:fs'
import { writePlace } from '../../testbed/marked-page.ts'
import type { Paper } from '../scenario.ts'

const place = {
  page: new URL('../../docs/performance.md', import.meta.url),
  begin: '<!-- figures of the soak, written by npm run soak -- --write -->',
  end: '<!-- end of the soak -->',
}
const plot = new URL('../../docs/soak.svg', import.meta.url)

/** Writes what a run found into the page about performance, and its plot beside it. */
export const writePage = (paper: Paper): void => {
  writePlace(place, paper.text)
  writeFileSync(plot, paper.plot)
}
