import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { originOf } from '@supergraph/runtime/http.ts'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { portSettingOf, readSettings } from '../../embedded/settings.ts'
import { subgraphNames } from '../../services.ts'
import { parseArguments, runCommand, UsageError } from '../command-line.ts'
import { readGatewayKey } from './gateway-key.ts'
import { shellWord } from './rover-home.ts'
import { runRover } from './rover-program.ts'

const help = `npm run --silent rover:introspect -- SUBGRAPH [options]

Prints the schema of a running subgraph by rover subgraph introspect. Subgraphs answer only requests with an identity token of
the gateway: this command signs one, for nobody in particular, for this subgraph and for 60 s.

  --url URL        where the subgraph answers, by default where npm start has it
  --output FILE    where rover writes the schema, instead of printing it
  --print          print the command of rover to paste, instead of running it
  --help           this text

SUBGRAPH is ${subgraphNames().join(', ')}, or another name with --url. The key is GATEWAY_IDENTITY_KEY, as npm run keys
prints it; without it, the one of npm start.

Exits with what rover exits with, 1 if rover can't be run, 2 when it was called wrongly.`

/** The subgraph that is asked for does not answer. */
class SubgraphAway extends ExpectedError {
  override readonly name = 'SubgraphAway'
}

const readCall = () => {
  const {
    values,
    positionals: [name, ...more],
  } = parseArguments({
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      output: { type: 'string' },
      print: { type: 'boolean', default: false },
    },
  })
  if (name === undefined || more.length > 0) throw new UsageError('name one subgraph')
  return { name, url: values.url ?? urlOf(name), output: values.output, isPrinted: values.print }
}

const urlOf = (name: string): string => {
  const subgraph = subgraphNames().find(known => known === name)
  if (subgraph === undefined)
    throw new UsageError(`there is no subgraph ${name}; there are ${subgraphNames().join(', ')}`)
  const settings = readSettings(process.env)
  return `${originOf(settings.HOST, settings[portSettingOf(subgraph)])}/graphql`
}

/** n.b. rover would try for 4 s, and then say it in words of its own. */
const demandRunning = async (name: string, url: string): Promise<void> => {
  try {
    await fetch(url, { method: 'HEAD' })
  } catch (cause) {
    throw new SubgraphAway(
      `${name} does not answer at ${url}: start it (npm start), or say by --url where it is`,
      { cause },
    )
  }
}

await runCommand(help, async () => {
  const { name, url, output, isPrinted } = readCall()
  const { key } = await readGatewayKey('rover:introspect', process.env)
  const token = await createIdentitySigner('gateway', key).sign(name, { kind: 'anonymous' })
  const args = [
    ...['subgraph', 'introspect', url, '--header', `authorization:Bearer ${token}`, '--skip-update-check'],
    ...(output === undefined ? [] : ['--output', output]),
  ]
  if (isPrinted) return console.log(['rover', ...args].map(shellWord).join(' '))
  await demandRunning(name, url)
  process.exitCode = await runRover(args, process.env)
})
