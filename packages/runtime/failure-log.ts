import { messageOf } from './error-text.ts'

/** Something that failed in the course of one operation; `details` tell where. */
export type Failure = { readonly err: unknown; readonly details?: object }

const maxLines = 10

/**
 * Passes what failed in one operation to the log: the same failure once, with its first details and how often it
 * happened, and at most 10 different ones, the last of which counts for all the others.
 */
export const logFailures = (
  failures: Iterable<Failure>,
  log: (line: { readonly err: unknown; readonly times: number }) => void,
): void => {
  const kinds = new Map<string, { readonly failure: Failure; times: number }>()
  for (const failure of failures) {
    const words = messageOf(failure.err)
    const kind = kinds.get(words) ?? (kinds.size === maxLines ? [...kinds.values()].at(-1) : undefined)
    if (kind === undefined) kinds.set(words, { failure, times: 1 })
    else kind.times += 1
  }
  for (const { failure, times } of kinds.values()) log({ ...failure.details, err: failure.err, times })
}
