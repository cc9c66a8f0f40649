import { readFileSync } from 'node:fs'
import { type SystemMap, systemMap } from './system-map.ts'

/** Reads the map that `npm run map` writes from the code. */
export const readSystemMap = (): SystemMap =>
  systemMap.parse(JSON.parse(readFileSync(new URL('generated/system.json', import.meta.url), 'utf8')))
