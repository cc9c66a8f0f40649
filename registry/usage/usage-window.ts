import { z } from 'zod'
import type { UsageWindow } from './live-usage.ts'

const secondsOfDay = 86_400
const defaultDays = 30
const maxDays = 90

/** n.b. rover sends the seconds until now as a text, such as `-86400` */
const seconds = z
  .string()
  .regex(/^-?\d{1,12}$/, { error: 'put a number of seconds before now there, such as -86400' })
  .transform(text => Math.min(Math.abs(Number(text)), maxDays * secondsOfDay))

/** Which usage counts in a check, from rover's options; 30 days and everything if there are none. */
export const usageWindow = z
  .object({
    from: seconds.nullish(),
    queryCountThreshold: z.number().min(0).nullish(),
    queryCountThresholdPercentage: z.number().min(0).max(1).nullish(),
  })
  .nullish()
  .transform(
    (config): UsageWindow => ({
      seconds: config?.from ?? defaultDays * secondsOfDay,
      minRequests: config?.queryCountThreshold ?? 0,
      minShare: config?.queryCountThresholdPercentage ?? 0,
    }),
  )
