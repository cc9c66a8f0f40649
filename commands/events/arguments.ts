import { consumerQueues } from '../../queues.ts'
import { parseArguments, UsageError } from '../command-line.ts'

/** The arguments of `npm run events`. */
export type EventsCall = {
  readonly action: Action
  readonly ids: readonly string[]
  readonly filter: EventFilter
  readonly last: number
  readonly isDryRun: boolean
  readonly isJson: boolean
  /** Whether what is sensitive is shown too. */
  readonly isWhole: boolean
}

/** Which events or dead letters are meant. */
export type EventFilter = {
  readonly type: string | undefined
  readonly queue: string | undefined
  readonly subject: string | undefined
  readonly since: Date | undefined
}

export type Action = (typeof actions)[number]

const actions = ['tail', 'dead', 'show', 'replay', 'drop'] as const

// n.b. an action refuses the options that it would ignore, because their user expects an effect
const optionsOf: Readonly<Record<Action, readonly string[]>> = {
  tail: ['type', 'subject', 'since', 'last', 'json', 'payload'],
  dead: ['type', 'queue', 'subject', 'since', 'json', 'payload'],
  show: ['queue', 'json', 'payload'],
  replay: ['queue', 'dry-run', 'json', 'payload'],
  drop: ['queue', 'dry-run', 'json', 'payload'],
}

/** Reads the arguments; throws a UsageError that says what is wrong. `--since 10m` counts back from `now`. */
export const readArguments = (args: readonly string[], now: Date): EventsCall => {
  const { values, positionals } = parseArguments({
    args: [...args],
    allowPositionals: true,
    options: {
      type: { type: 'string' },
      queue: { type: 'string' },
      subject: { type: 'string' },
      since: { type: 'string' },
      last: { type: 'string' },
      'dry-run': { type: 'boolean' },
      json: { type: 'boolean' },
      payload: { type: 'boolean' },
    },
  })
  const [name, ...ids] = positionals
  const action = actions.find(known => known === name)
  if (action === undefined) throw new UsageError(`say what to do: ${actions.join(', ')}`)
  for (const option of Object.keys(values)) {
    if (!optionsOf[action].includes(option)) throw new UsageError(`${action} takes no --${option}`)
  }
  const takesIds = action !== 'tail' && action !== 'dead'
  if (takesIds && ids.length === 0)
    throw new UsageError(`${action} which? Name ids; npm run events -- dead lists them`)
  if (!takesIds && ids.length > 0) throw new UsageError(`${action} takes no ${ids[0]}`)
  if (action === 'show' && ids.length > 1) throw new UsageError('show takes one id')
  const isJson = values.json ?? false
  const showsPayloads = isJson || action === 'tail' || action === 'show'
  if (values.payload && !showsPayloads) throw new UsageError(`${action} takes --payload only with --json`)
  const { type, queue, subject, last } = values
  if (queue !== undefined && !consumerQueues.some(known => known.queue === queue)) {
    throw new UsageError(
      `there is no queue ${queue}; there are ${consumerQueues.map(known => known.queue).join(', ')}`,
    )
  }
  return {
    action,
    ids: [...new Set(ids)],
    filter: {
      type,
      queue,
      subject,
      since: values.since === undefined ? undefined : pointIn(values.since, now),
    },
    last: last === undefined ? 0 : count(last),
    isDryRun: values['dry-run'] ?? false,
    isJson,
    isWhole: values.payload ?? false,
  }
}

const msOf: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const pointIn = (text: string, now: Date): Date => {
  const [, amount, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? []
  const point =
    amount === undefined ? new Date(text) : new Date(now.getTime() - Number(amount) * (msOf[unit] ?? 0))
  if (Number.isNaN(point.getTime()))
    throw new UsageError('--since takes 90s, 10m, 2h, 3d, or a time such as 2026-01-31T12:00:00Z')
  return point
}

const count = (text: string): number => {
  if (!/^\d{1,4}$/.test(text)) throw new UsageError('--last takes a number from 0 to 9999')
  return Number(text)
}
