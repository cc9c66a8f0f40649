import { parseArgs } from 'node:util'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { type ServiceName, serviceNames } from '../services.ts'

/** `npm start` was called wrongly. */
class UsageError extends ExpectedError {}

/** Reads which services `npm start` shall run in its process: all, unless it is told otherwise. */
export const readGroup = (args: readonly string[]): readonly ServiceName[] => {
  const { only, except } = parse(args)
  if (only !== undefined && except !== undefined)
    throw new UsageError('--only and --except say both which services run here: give one of them')
  const named = [...new Set((only ?? except ?? '').split(',').filter(name => name !== ''))]
  const unknown = named.filter(name => !serviceNames.some(known => known === name))
  if (unknown.length > 0)
    throw new UsageError(`there is no service ${unknown.join(', ')}: name some of ${serviceNames.join(',')}`)
  const group = serviceNames.filter(name => named.includes(name) === (only !== undefined))
  if (group.length === 0)
    throw new UsageError('no service is left for this process: name fewer in --except, or some in --only')
  return group
}

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: { only: { type: 'string' }, except: { type: 'string' } } })
      .values
  } catch (error) {
    throw new UsageError(`${messageOf(error)}; npm start -- --help lists what there is`)
  }
}
