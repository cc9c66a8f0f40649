import { z } from 'zod'

/** What a message's headers say of its failed attempts; none, where they say nothing readable. */
export const failureHeaders = z.object({
  'x-attempts': z.int().nonnegative().catch(0),
  'x-error': z.string().optional().catch(undefined),
  'x-first-failed-at': z.iso.datetime().optional().catch(undefined),
  'x-last-failed-at': z.iso.datetime().optional().catch(undefined),
})

/** The failed attempts of a message, as its headers carry them. */
export type FailureHeaders = z.output<typeof failureHeaders>
