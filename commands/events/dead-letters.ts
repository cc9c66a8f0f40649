import { type DeadLetter, type DeadLetters, shownDeadLetter } from '@supergraph/messaging/dead-letters.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { contracts } from '@supergraph/schema/events/contracts.ts'
import { formatTable, oneLine } from '../table.ts'
import type { EventsCall } from './arguments.ts'

/** No dead letter has this id. */
class UnknownId extends ExpectedError {
  override readonly name = 'UnknownId'
}

/** Lists, shows, replays or drops dead letters, and returns the text to print. */
export const workOnDeadLetters = async (
  deadLetters: DeadLetters,
  { action, ids, filter, isDryRun, isJson, isWhole }: EventsCall,
  { width, now }: { readonly width: number; readonly now: Date },
): Promise<string> => {
  const shown = (letters: readonly DeadLetter[]) =>
    isWhole ? letters : letters.map(letter => shownDeadLetter(contracts, letter))
  if (action === 'dead') {
    const letters = shown(await deadLetters.list(filter))
    if (isJson) return toJson(letters)
    return letters.length === 0 ? 'nothing was given up' : tableOf(letters, { width, now })
  }
  const named = { messageIds: ids, queue: filter.queue }
  const found = shown(await deadLetters.list(named))
  const missing = ids.filter(id => !found.some(letter => letter.messageId === id))
  if (missing.length > 0) {
    const where = filter.queue === undefined ? '' : ` in ${filter.queue}`
    throw new UnknownId(
      `no dead letter${where} has the id ${missing.join(', ')}: npm run events -- dead lists them`,
    )
  }
  if (action === 'show') return isJson ? toJson(found) : found.map(page).join('\n\n')
  const isReplay = action === 'replay'
  const done = isDryRun
    ? found
    : shown(await (isReplay ? deadLetters.replay(named) : deadLetters.drop(named)))
  if (isJson) return toJson(done)
  const verb = isReplay ? 'replayed' : 'dropped'
  return [
    ...(done.length === 0 ? [] : [tableOf(done, { width, now })]),
    `${isDryRun ? 'would be ' : ''}${verb}: ${done.length}`,
  ].join('\n')
}

const tableOf = (
  letters: readonly DeadLetter[],
  { width, now }: { readonly width: number; readonly now: Date },
): string =>
  formatTable(
    [
      { title: 'ID' },
      { title: 'AGO' },
      { title: 'TRIES' },
      { title: 'TYPE', shrinksTo: 4 },
      { title: 'QUEUE', shrinksTo: 8 },
      { title: 'ERROR', shrinksTo: 8 },
    ],
    letters.map(({ messageId, lastFailedAt, attempts, type, queue, error }) => [
      messageId,
      age(now.getTime() - lastFailedAt.getTime()),
      String(attempts),
      type,
      queue,
      error,
    ]),
    width,
  )

const page = ({ envelope, ...letter }: DeadLetter): string =>
  [
    `id            ${oneLine(letter.messageId)}`,
    `type          ${oneLine(letter.type)}`,
    `subject       ${oneLine(letter.subject)}`,
    `queue         ${letter.queue}`,
    `attempts      ${letter.attempts}`,
    `first failed  ${letter.firstFailedAt.toISOString()}`,
    `last failed   ${letter.lastFailedAt.toISOString()}`,
    `error         ${oneLine(letter.error)}`,
    JSON.stringify(envelope, undefined, 2),
  ].join('\n')

const toJson = (letters: readonly DeadLetter[]): string => JSON.stringify(letters, undefined, 2)

const age = (ms: number): string => {
  const seconds = Math.max(Math.round(ms / 1_000), 0)
  if (seconds < 90) return `${seconds}s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)}m`
  if (seconds < 36 * 3_600) return `${Math.round(seconds / 3_600)}h`
  return `${Math.round(seconds / 86_400)}d`
}
