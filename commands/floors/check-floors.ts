import * as rules from '../../floors.ts'
import { findImports, readSources } from './imports.ts'
import { findViolations } from './violations.ts'

const violations = findViolations(findImports(readSources('.')), rules)
for (const violation of violations) console.error(violation)
if (violations.length > 0) {
  console.error(`\nfloors.ts is broken ${violations.length} times`)
  process.exitCode = 1
}
