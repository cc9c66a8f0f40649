import type { RecordedOperation } from '@supergraph/composition/graph-changes.ts'
import type { DataSource } from 'typeorm'
import { readUsage, type UsedOperation } from '../database/usage-reads.ts'
import type { GraphRef } from '../graph-ref.ts'

/** Which usage counts in a check. */
export type UsageWindow = {
  readonly seconds: number
  /** How many requests an operation needs to count. */
  readonly minRequests: number
  /** Which share of all requests an operation needs to count, from 0 to 1. */
  readonly minShare: number
}

/** What a check knows of the usage of a variant. */
export type LiveUsage = {
  /** The operations that count. */
  readonly operations: readonly RecordedOperation[]
  /** Whether so many requests ran operations which are not told apart that any field may be in use. */
  readonly isIncomplete: boolean
  /** Such as `in the last 30 days`. */
  readonly period: string
}

/** The usage that counts in a check; undefined if none was reported. */
export const findLiveUsage = async (
  database: DataSource,
  ref: GraphRef,
  window: UsageWindow,
): Promise<LiveUsage | undefined> => {
  const usage = await readUsage(database, ref, window.seconds)
  if (usage === undefined) return undefined
  const counts = (requests: number) =>
    requests > 0 && requests >= window.minRequests && requests >= window.minShare * usage.requests
  return {
    operations: usage.operations.filter(({ requests }) => counts(requests)).map(toRecorded),
    isIncomplete: counts(usage.otherRequests),
    period: periodOf(window, usage.since),
  }
}

const toRecorded = ({ name, signature, clients }: UsedOperation): RecordedOperation => ({
  file: name || 'an operation without a name',
  text: signature,
  clients: clients.map(client => `${clientText(client)} (${timesText(client.requests)})`),
})

/** What a client calls itself: such as `web 2.1`. */
export const clientText = ({ name, version }: { readonly name: string; readonly version: string }): string =>
  `${name || 'a client without a name'}${version === '' ? '' : ` ${version}`}`

const timesText = (count: number): string => (count === 1 ? 'once' : `${count.toLocaleString('en')} times`)

const secondsOfDay = 86_400

const periodOf = ({ seconds, minRequests, minShare }: UsageWindow, since: string): string => {
  const begin = new Date(Date.now() - seconds * 1_000).toISOString().slice(0, 10)
  const days = Math.ceil(seconds / secondsOfDay)
  const period =
    since > begin
      ? `since ${since}, when usage began to be reported`
      : `in the last ${days === 1 ? 'day' : `${days} days`}`
  return minRequests > 1 || minShare > 0 ? `${period}, by operations above the threshold` : period
}
