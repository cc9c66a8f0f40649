import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { parseArguments, runCommand } from '../command-line.ts'

/** What is checked, and by which command; programs are found as `npm run` finds them. */
const checks = {
  'format and lint': 'biome ci .',
  // n.b. Several checkers look at what they share once each, and the other checks keep the cores busy.
  types: 'tsc --noEmit --checkers 1 --incremental --tsBuildInfoFile node_modules/.cache/types.tsbuildinfo',
  "types of the console's pages": 'tsc --noEmit -p console/pages',
  "types of the gateway's pages": 'tsc --noEmit -p gateway/pages',
  floors: 'node commands/floors/check-floors.ts',
  migrations: 'node commands/migrations/check-migrations.ts',
  supergraph: 'node commands/schema/compose.ts --check',
  'generated types': 'node commands/schema/codegen.ts --check',
  client: 'node commands/client/generate.ts --check && tsc --noEmit -p client/tsconfig.build.json',
  AsyncAPI: 'node commands/schema/asyncapi.ts --check',
  map: 'node commands/map/map.ts --check',
  privacy: 'node commands/privacy/privacy.ts --check',
  settings: 'node commands/settings/settings.ts --check',
}

const help = `npm run check

Checks at the same time: ${Object.keys(checks).join(', ')}. Prints what those that
fail say, and at the end which they are.`

const check = async ([name, command]: readonly [string, string]): Promise<boolean> => {
  const running = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors, [code]] = await Promise.all([
    text(running.stdout),
    text(running.stderr),
    once(running, 'close'),
  ])
  if (code === 0) console.log(`passed  ${name}`)
  else console.error(`FAILED  ${name}\n${output}${errors}`)
  return code === 0
}

await runCommand(help, async () => {
  parseArguments()
  const all = Object.entries(checks)
  const passed = await Promise.all(all.map(check))
  const failed = all.filter((_, index) => !passed[index]).map(([name, command]) => `${name} (${command})`)
  if (failed.length === 0) return
  console.error(`\nfailed: ${failed.join(', ')}`)
  process.exitCode = 1
})
