import { type GraphRef, isGraphName, parseGraphRef } from '@supergraph/registry/graph-ref.ts'
import { type Role, roles } from '@supergraph/registry/keys.ts'
import { parseArguments, UsageError } from '../command-line.ts'
import type { UsageQuestion } from './usage.ts'

/** The arguments of `npm run registry`. */
export type RegistryCall =
  | { readonly action: 'list graphs' }
  | { readonly action: 'add graph' | 'list keys'; readonly graph: string }
  | { readonly action: 'add key'; readonly graph: string; readonly role: Role; readonly note: string }
  | { readonly action: 'revoke key'; readonly graph: string; readonly id: number }
  | { readonly action: 'list versions'; readonly ref: GraphRef }
  | ({ readonly action: 'show usage' } & UsageQuestion)
  | {
      readonly action: 'roll back'
      readonly ref: GraphRef
      readonly number: number
      readonly message: string
    }
  | { readonly action: 'list labels'; readonly ref: GraphRef }
  | {
      readonly action: 'set label'
      readonly ref: GraphRef
      readonly label: string
      readonly share: number
      readonly message: string
    }
  | {
      readonly action: 'record operations'
      readonly graph: string
      /** Undefined means those of the repository. */
      readonly files: readonly string[] | undefined
    }

/** Reads the arguments; throws a UsageError that says what is wrong. */
export const readArguments = (args: readonly string[]): RegistryCall => {
  const { values, positionals } = parseArguments({
    args: [...args],
    allowPositionals: true,
    options: {
      role: { type: 'string' },
      note: { type: 'string' },
      message: { type: 'string' },
      days: { type: 'string' },
      field: { type: 'string' },
      fields: { type: 'boolean' },
    },
  })
  const call = readCall(positionals, values)
  for (const option of Object.keys(values)) {
    if (!optionsOf(call.action).includes(option)) throw new UsageError(`${call.action} takes no --${option}`)
  }
  return call
}

type Values = {
  readonly role?: string
  readonly note?: string
  readonly message?: string
  readonly days?: string
  readonly field?: string
  readonly fields?: boolean
}

const optionsOf = (action: RegistryCall['action']): readonly string[] => {
  if (action === 'add key') return ['role', 'note']
  if (action === 'show usage') return ['days', 'field', 'fields']
  return action === 'roll back' || action === 'set label' ? ['message'] : []
}

const readCall = ([noun, ...rest]: readonly string[], values: Values): RegistryCall => {
  switch (noun) {
    case 'graphs':
      return rest.length === 0
        ? { action: 'list graphs' }
        : { action: 'add graph', graph: graphIn(afterVerb(rest, 'add')) }
    case 'keys':
      return readKeysCall(rest, values)
    case 'versions':
      return { action: 'list versions', ref: refIn(rest) }
    case 'usage':
      return readUsageCall(rest, values)
    case 'roll-back':
      return {
        action: 'roll back',
        ref: refIn(rest),
        number: numberIn(rest[1], 'to which version? npm run registry -- versions lists them'),
        message: values.message ?? '',
      }
    case 'labels':
      return readLabelsCall(rest, values)
    case 'operations': {
      const [, ...files] = rest
      return {
        action: 'record operations',
        graph: graphIn(rest),
        files: files.length === 0 ? undefined : files,
      }
    }
    default:
      throw new UsageError('say what to do: graphs, keys, versions, roll-back, labels, operations or usage')
  }
}

const readKeysCall = (rest: readonly string[], { role, note = '' }: Values): RegistryCall => {
  if (rest[0] === 'revoke') {
    const [, ...after] = rest
    const id = numberIn(after[1], 'which key? npm run registry -- keys GRAPH lists them')
    return { action: 'revoke key', graph: graphIn(after), id }
  }
  if (rest[0] !== 'add') return { action: 'list keys', graph: graphIn(rest) }
  const known = roles.find(each => each === role)
  if (known === undefined) throw new UsageError(`say what the key may do: --role ${roles.join(', ')}`)
  return { action: 'add key', graph: graphIn(afterVerb(rest, 'add')), role: known, note }
}

const readLabelsCall = (rest: readonly string[], { message = '' }: Values): RegistryCall => {
  if (rest[0] !== 'set') return { action: 'list labels', ref: refIn(rest) }
  const [, ...after] = rest
  const [, label = '', text = ''] = after
  const ref = refIn(after)
  if (!/^[a-z][\w\-:./]*$/i.test(label))
    throw new UsageError('name the label: the schema has it in @override(from: …, label: …)')
  if (!/^(\d{1,2}(\.\d{1,2})?|100)$/.test(text))
    throw new UsageError('which share of traffic, in percent? From 0 to 100, such as 25 or 0.5')
  return { action: 'set label', ref, label, share: Number(text), message }
}

const readUsageCall = (
  rest: readonly string[],
  { days: text = '30', field, fields }: Values,
): RegistryCall => {
  const days = numberIn(text, 'of how many days? --days 30')
  if (days < 1 || days > maxDays) throw new UsageError(`usage is kept for ${maxDays} days: --days 30`)
  if (field !== undefined && fields) throw new UsageError('take --field or --fields')
  const of = field === undefined ? (fields ? 'fields' : 'operations') : { field }
  return { action: 'show usage', ref: refIn(rest), days, of }
}

const maxDays = 90

const afterVerb = ([first, ...rest]: readonly string[], verb: string): readonly string[] => {
  if (first !== verb) throw new UsageError(`${first} is nothing to do: say ${verb}`)
  return rest
}

const graphIn = ([name = '']: readonly string[]): string => {
  if (!isGraphName(name))
    throw new UsageError('name a graph: a letter, then up to 63 letters, digits, hyphens and underscores')
  return name
}

const refIn = ([text = '']: readonly string[]): GraphRef => {
  const ref = parseGraphRef(text)
  if (ref === undefined) throw new UsageError('name a graph and its variant, such as shop@current')
  return ref
}

const numberIn = (text: string | undefined, question: string): number => {
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw new UsageError(question)
  return Number(text)
}
