import { parseArgs } from 'node:util'
import { runCommand } from '../command-line.ts'
import { readGatewayKey } from './gateway-key.ts'
import { makeRoverHome } from './rover-home.ts'
import { runRover } from './rover-program.ts'

const help = `npm run rover -- ARGUMENTS
npm run rover:dev -- [OPTIONS]

Runs the unmodified rover with this project's composition and gateway in the place of its plugins: nothing is downloaded, and
no account is needed. rover keeps what it keeps in node_modules/.cache/rover-home, not in your home.

  npm run rover:dev                                             the gateway at http://localhost:4100, over the subgraphs of
                                                                rover.yaml, whose schema files it watches
  npm run --silent rover -- supergraph compose --config rover.yaml
  npm run rover -- help dev                                     rover's own help

rover dev takes its options as always; unless they say otherwise, it gets --supergraph-config rover.yaml and
--supergraph-port 4100, since npm start has its gateway at 4000. The gateway signs with GATEWAY_IDENTITY_KEY, as npm run keys
prints it; without it, with the key of npm start. Its other settings are those of the gateway (docs/settings.md).

Exits with what rover exits with.`

/** What rover dev is given unless its options say otherwise. */
const withDefaults = (args: readonly string[]): readonly string[] => {
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true })
  const given = new Set(tokens.flatMap(token => (token.kind === 'option' ? [token.name] : [])))
  const isGiven = (...names: readonly string[]) => names.some(name => given.has(name))
  return [
    ...args,
    ...(isGiven('supergraph-config', 'graph-ref', 'name', 'n', 'url', 'u', 'schema', 's')
      ? []
      : ['--supergraph-config', 'rover.yaml']),
    ...(isGiven('supergraph-port', 'p') ? [] : ['--supergraph-port', '4100']),
  ]
}

await runCommand(help, async () => {
  const args = process.argv.slice(2)
  const home = makeRoverHome()
  if (args[0] !== 'dev') {
    process.exitCode = await runRover(args, { ...process.env, ...home })
    return
  }
  const { encoded } = await readGatewayKey('rover:dev', process.env)
  process.exitCode = await runRover(withDefaults(args), { ...process.env, ...home, IDENTITY_KEY: encoded })
})
