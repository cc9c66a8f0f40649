import { z } from 'zod'

/** What came of a load: latencies of right answers in milliseconds, in the order of their arrival. */
export type LoadResult = Readonly<z.output<typeof loadResult>>

export const loadResult = z.object({
  latenciesMs: z.instanceof(Float64Array),
  seconds: z.number(),
  wrong: z.number(),
  firstWrong: z.string().optional(),
})
