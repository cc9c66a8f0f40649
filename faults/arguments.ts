import { randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UsageError } from '../commands/command-line.ts'
import { checkoutSuite } from './checkout/suite.ts'
import { eventsSuite } from './events/suite.ts'
import type { Size } from './scenario.ts'
import type { Suite } from './suite.ts'

/** What can be run. */
export const suites: Readonly<Record<string, Suite>> = { checkout: checkoutSuite, events: eventsSuite }

/** Reads the command line; throws a UsageError that says what is wrong. */
export const readArguments = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      size: { type: 'string', default: 'full' },
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
      only: { type: 'string', multiple: true, default: [] },
      logs: { type: 'string' },
    },
  })
  const [name = '', ...more] = positionals
  const suite = suites[name]
  if (suite === undefined || more.length > 0) {
    throw new UsageError(`say what to run: ${Object.keys(suites).join(' or ')}`)
  }
  if (values.size !== 'full' && values.size !== 'short') throw new UsageError('--size takes full or short')
  const size: Size = values.size
  const seed = Number(values.seed)
  if (!Number.isSafeInteger(seed)) throw new UsageError('--seed takes a whole number')
  const unknown = values.only.find(only => !suite.scenarios.some(scenario => scenario.name === only))
  if (unknown !== undefined) throw new UsageError(`there is no scenario ${unknown}`)
  if (values.logs !== undefined) mkdirSync(values.logs, { recursive: true })
  return {
    seed,
    size,
    logFolder: values.logs,
    suite,
    scenarios: suite.scenarios.filter(
      scenario => values.only.length === 0 || values.only.includes(scenario.name),
    ),
  }
}
