import { globSync, readFileSync } from 'node:fs'
import { findContractions } from './contractions.ts'

/** Those that contract and that the last release has run. A later one is not added: its statements say why they may. */
const released = new Set([
  'AddVersions1795182600000',
  'AddEmailVerification1796940000000',
  'SplitStock1795171200000',
  'SearchAsPeopleType1795782000000',
  'WidenPrices1796169600000',
  'AddPayments1795171200000',
  'WidenAmounts1796169600000',
  'AwaitPayments1796745600000',
  'OweRefunds1796961600000',
  'AllowOrderNews1795171260000',
  'AddExpiringEmails1796918400000',
  'AddEmailLinks1796940000000',
  'AddDeletedUsers1796950000000',
  'AllowTotpEmails1796968800000',
  'AddFarewells1796972400000',
])

// n.b. stand-ins are one process each, and none of them runs beside another release of itself
const found = globSync([
  '{console,registry,subgraphs/*}/database/migrations/*.ts',
  'packages/{messaging,postgres/throttle}/migration.ts',
])
  .toSorted()
  .flatMap(path =>
    findContractions(readFileSync(path, 'utf8'), released).map(statement => `${path}: ${statement}`),
  )
for (const line of found) console.error(line)
if (found.length > 0) {
  console.error(`
Processes of the last release work on the tables of the next one: add what is new beside what is old, nullable or with a
default, and take the old away in a later release ("Change a table" in docs/evolving.md). If no release that still runs
reads what a statement takes away, or writes what it refuses, say since when and why in a line right before it, in SQL:
-- contracts: since when, and why (before a query in TypeScript: // contracts: since when, and why)`)
  process.exitCode = 1
}
