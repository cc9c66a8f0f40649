import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import type { Database } from '@supergraph/postgres/data-source.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import { recordOf } from '../../embedded/records.ts'
import { percentile } from '../../testbed/percentile.ts'
import { type BatchCost, clientCounts, less } from './costs.ts'

export const benchEvent = defineEvent({
  type: 'bench.measured',
  source: 'bench',
  data: z.object({ about: z.string() }),
})

/** Writes events of as many aggregates into an outbox, in one transaction. */
export const writeEvents = async (database: Database, count: number): Promise<void> => {
  const events = Array.from({ length: count }, () =>
    benchEvent.create({
      id: uuidv7(),
      subject: uuidv7(),
      version: 1,
      occurredAt: new Date(),
      data: { about: 'x'.repeat(200) },
    }),
  )
  await database.transaction(manager => appendToOutbox(manager, events))
}

/** Resolves when so many events have come since `expect`. */
export const createArrivals = () => {
  let missing = 0
  let onAll = () => {}
  return {
    expect: (events: number): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>()
      missing += events
      onAll = resolve
      return promise
    },
    come: (events: number): void => {
      missing -= events
      if (missing <= 0) onAll()
    },
  }
}

/** Bursts of two sizes, and how often each of them is repeated. */
export type Bursts = {
  readonly small: { readonly size: number; readonly times: number }
  readonly large: { readonly size: number; readonly times: number }
}

/** The line through the costs of a small burst and of a large one. */
export const lineThrough = (
  { small, large }: Bursts,
  costs: { readonly small: number; readonly large: number },
): BatchCost => {
  const perEvent = less(costs.large, costs.small) / (large.size - small.size)
  return { perBatch: less(costs.small, perEvent * small.size), perEvent }
}

/** What a burst costs each; `burst` resolves when all that it causes has happened. */
export const measureBursts = async <Name extends string>(
  meters: Readonly<Record<Name, () => number>>,
  names: readonly Name[],
  bursts: Bursts,
  burst: (events: number) => Promise<void>,
): Promise<Readonly<Record<Name, BatchCost>>> => {
  const look = () =>
    recordOf(
      names,
      name => name,
      name => meters[name](),
    )
  const repeat = async ({ size, times }: Bursts['small']) => {
    const before = look()
    for (let time = 0; time < times; time += 1) await burst(size)
    const after = look()
    return (name: Name) => (after[name] - before[name]) / times
  }
  await repeat({ ...bursts.large, times: bursts.large.times / 4 })
  const small = await repeat(bursts.small)
  const large = await repeat(bursts.large)
  return recordOf(
    names,
    name => name,
    name => lineThrough(bursts, { small: small(name), large: large(name) }),
  )
}

/** How often costs and figures are measured in turn. Their medians count, since a neighbour may disturb one of the rounds. */
export const rounds = 5

export const medianOf = (values: readonly number[]): number => percentile(values, 0.5)

export const medianCosts = <Name extends string>(
  all: readonly Readonly<Record<Name, BatchCost>>[],
  names: readonly Name[],
): Readonly<Record<Name, BatchCost>> =>
  recordOf(
    names,
    name => name,
    name => ({
      perBatch: medianOf(all.map(each => each[name].perBatch)),
      perEvent: medianOf(all.map(each => each[name].perEvent)),
    }),
  )

/** The median for each number of clients. */
export const medianByClients = (
  all: readonly Readonly<Record<string, number>>[],
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    clientCounts.map(clients => [clients, medianOf(all.map(each => each[clients] ?? Number.NaN))]),
  )
