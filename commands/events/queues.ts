import { needsRenewal, type QueueState } from '@supergraph/messaging/rabbitmq/queue-states.ts'
import type { Queues, Renewal } from '@supergraph/messaging/rabbitmq/queues.ts'
import { formatTable } from '../table.ts'
import type { EventsCall } from './arguments.ts'

/** Lists, renews or drops queues; prints a text for each that is done, or all as one JSON value. */
export const workOnQueues = async (
  queues: Queues,
  { change, ids, isDryRun, isJson }: EventsCall,
  print: (text: string) => void,
): Promise<void> => {
  const results: unknown[] = []
  const tell = <T>(result: T, text: string) => {
    results.push(result)
    if (!isJson) print(text)
  }
  if (change === 'drop')
    for (const name of ids) {
      const found = await queues.drop(name, isDryRun)
      tell(found, `${isDryRun ? 'would be ' : ''}deleted:\n${tableOf(found)}`)
    }
  else {
    const states = await queues.list()
    const stale = states.filter(
      state => needsRenewal(state) && (ids.length === 0 || ids.includes(state.consumerQueue)),
    )
    if (change === undefined) tell(states, listOf(states))
    else if (stale.length === 0) tell([], 'nothing is to be renewed')
    else if (isDryRun) tell(stale, `would be renewed or deleted:\n${tableOf(stale)}`)
    else
      for (const name of new Set(stale.map(({ consumerQueue }) => consumerQueue))) {
        const renewal = await queues.renew(name)
        tell(renewal, lineOf(name, renewal))
      }
  }
  if (isJson) print(JSON.stringify(results.flat(), undefined, 2))
}

const words = {
  'as wanted': 'as wanted',
  different: 'has other arguments',
  missing: 'missing: its consumer has not run here',
  unfinished: 'holds what a renewal that ended half-way has moved',
  unused: 'not used by this release',
  abandoned: 'its consumer is gone',
} as const satisfies Readonly<Record<QueueState['state'], string>>

/** All that is worth a look: side queues that are as they should be, and empty, are left out. */
const listOf = (states: readonly QueueState[]): string => {
  const shown = states.filter(
    ({ queue, consumerQueue, state, messages }) =>
      queue === consumerQueue || state !== 'as wanted' || messages > 0,
  )
  return [
    tableOf(shown),
    ...(states.some(needsRenewal) ? ['\nnpm run events -- queues --renew   brings them up to date'] : []),
    ...(states.some(({ state }) => state === 'abandoned')
      ? ['\nnpm run events -- queues --drop QUEUE   deletes what a consumer that is gone has left']
      : []),
  ].join('\n')
}

// n.b. nothing is cut: who renews or drops a queue needs its whole name
const tableOf = (states: readonly QueueState[]): string =>
  formatTable(
    ['QUEUE', 'MESSAGES', 'CONSUMERS', 'STATE'].map(title => ({ title })),
    states.map(({ queue, messages, consumers, state, difference }) => [
      queue,
      String(messages),
      String(consumers),
      difference ?? words[state],
    ]),
    Number.POSITIVE_INFINITY,
  )

const lineOf = (name: string, { renewed, deleted, pausedMs }: Renewal): string => {
  const done = [
    ...(renewed.length > 0 ? [`renewed ${renewed.join(', ')}`] : []),
    ...(deleted.length > 0 ? [`deleted ${deleted.join(', ')}`] : []),
  ]
  return done.length === 0
    ? `${name}: somebody else has renewed it`
    : `${name}: ${done.join('; ')}; its consumers waited for ${(pausedMs / 1_000).toFixed(1)} s`
}
