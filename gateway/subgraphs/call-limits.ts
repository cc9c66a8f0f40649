import type { FetchDocument } from './call.ts'

/** How many operations of a subgraph are under way at a time. */
export const maxInFlight = 256

/**
 * How many more may wait for their turn. n.b. a subgraph that does not work these off within the 2 s of a deadline would
 * answer none of those behind them in time
 */
export const maxWaiting = 4_096

// n.b. an operation that is joined may have joined reads: what a client reads was true at most 100 ms before they asked
const joinableForMs = 50

/**
 * For how many milliseconds after its beginning an equal read, or query of a client, may join one under way, if reads get so
 * many.
 */
export const joinableMsOf = (timeoutMs: number): number => Math.min(joinableForMs, timeoutMs / 40)

// n.b. what a mutation did is unknown once it is given up on: it gets longer than any of its own deadlines
const mutationTimeoutMs = 10_000

/** For how many milliseconds the answer to an operation is waited for, if reads get so many. */
export const waitMsOf = ({ isMutation }: Pick<FetchDocument, 'isMutation'>, timeoutMs: number): number =>
  isMutation ? mutationTimeoutMs : timeoutMs
