import { consumerQueues } from '../../queues.ts'
import { parseArguments, UsageError } from '../command-line.ts'

/** The arguments of `npm run events`. */
export type EventsCall = {
  readonly action: Action
  /** Ids of dead letters; for `queues` names of queues. */
  readonly ids: readonly string[]
  readonly filter: EventFilter
  readonly last: number
  /** What is done with queues; undefined if they are listed. */
  readonly change: 'renew' | 'drop' | undefined
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

const actions = ['tail', 'dead', 'show', 'replay', 'drop', 'queues'] as const

// n.b. an action refuses the options that it would ignore, because their user expects an effect
const optionsOf: Readonly<Record<Action, readonly string[]>> = {
  tail: ['type', 'subject', 'since', 'last', 'json', 'payload'],
  dead: ['type', 'queue', 'subject', 'since', 'json', 'payload'],
  show: ['queue', 'json', 'payload'],
  replay: ['queue', 'dry-run', 'json', 'payload'],
  drop: ['queue', 'dry-run', 'json', 'payload'],
  queues: ['renew', 'drop', 'dry-run', 'json'],
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
      renew: { type: 'boolean' },
      drop: { type: 'boolean' },
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
  const change = readChange(action, values, ids)
  const takesIds = action !== 'tail' && action !== 'dead' && action !== 'queues'
  if (takesIds && ids.length === 0)
    throw new UsageError(`${action} which? Name ids; npm run events -- dead lists them`)
  if (!takesIds && change === undefined && ids.length > 0)
    throw new UsageError(
      `${action} takes no ${ids[0]}${action === 'queues' ? ' without --renew or --drop' : ''}`,
    )
  if (action === 'show' && ids.length > 1) throw new UsageError('show takes one id')
  const isJson = values.json ?? false
  const showsPayloads = isJson || action === 'tail' || action === 'show'
  if (values.payload && !showsPayloads) throw new UsageError(`${action} takes --payload only with --json`)
  const { type, queue, subject, last } = values
  for (const name of [...(queue === undefined ? [] : [queue]), ...(change === 'renew' ? ids : [])])
    refuseUnknown(name)
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
    change,
    isDryRun: values['dry-run'] ?? false,
    isJson,
    isWhole: values.payload ?? false,
  }
}

const readChange = (
  action: Action,
  values: Readonly<Partial<Record<'renew' | 'drop' | 'dry-run', boolean>>>,
  names: readonly string[],
): EventsCall['change'] => {
  if (action !== 'queues') return undefined
  if (values.renew && values.drop) throw new UsageError('queues takes either --renew or --drop')
  const change = values.renew ? 'renew' : values.drop ? 'drop' : undefined
  if (change === undefined && values['dry-run'])
    throw new UsageError('queues takes --dry-run only with --renew or --drop')
  if (change === 'drop' && names.length === 0)
    throw new UsageError('drop which? Name queues; npm run events -- queues lists them')
  return change
}

const refuseUnknown = (queue: string): void => {
  if (!consumerQueues.some(known => known.queue === queue))
    throw new UsageError(
      `there is no queue ${queue}; there are ${consumerQueues.map(known => known.queue).join(', ')}`,
    )
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
