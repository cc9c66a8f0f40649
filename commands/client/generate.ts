import { readFileSync } from 'node:fs'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { runCommand } from '../command-line.ts'
import { writeGenerated } from '../schema/generated-files.ts'
import { generateClient } from './generated-client.ts'

const help = `npm run codegen

Writes the typed operations of the client from schema/api.graphql and schema/operations; with --check it only says which of
these files are stale, and fails if one is.`

await runCommand(help, async () => {
  const files = await generateClient(readFileSync('schema/api.graphql', 'utf8'), readRecordedOperations())
  const entries = Object.entries(files).map(([name, text]) => [`client/generated/${name}`, text])
  writeGenerated(Object.fromEntries(entries), { command: 'codegen' })
})
