import { readFileSync } from 'node:fs'
import { writeGenerated } from './generated-files.ts'
import { composeSupergraph } from './supergraph.ts'

const composition = composeSupergraph(path => readFileSync(path, 'utf8'))
if (composition.kind === 'failed') {
  for (const { code, message } of composition.errors) console.error(`${code}: ${message}`)
  process.exit(1)
}
for (const hint of composition.hints) console.log(hint)
writeGenerated(
  { 'schema/supergraph.graphql': composition.supergraph, 'schema/api.graphql': composition.api },
  { command: 'compose' },
)
