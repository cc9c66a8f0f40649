import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { findContractions } from './contractions.ts'

/** The first migration since processes of two releases work side by side. */
const expandsSince = 1_796_745_600_000

// n.b. stand-ins are one process each, and none of them runs beside another release of itself
const found = globSync('{console,registry,subgraphs/*}/database/migrations/*.ts')
  .filter(path => Number.parseInt(basename(path), 10) >= expandsSince)
  .toSorted()
  .flatMap(path => findContractions(readFileSync(path, 'utf8')).map(statement => `${path}: ${statement}`))
for (const line of found) console.error(line)
if (found.length > 0) {
  console.error(`
Processes of the last release work on the tables of the next one: add what is new beside what is old, nullable or with a
default, and take the old away in a later release ("Change a table" in docs/evolving.md). In a migration that takes away
what no release that still runs reads or writes, say so in a line: // contracts: since when, and why`)
  process.exitCode = 1
}
