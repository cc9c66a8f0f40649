import { z } from 'zod'

/**
 * How much is allowed: `burst` at once, then one after each wait. Waits begin with `firstWaitMs`, double with each one that
 * follows too soon, and end at `forgetsOneEveryMs`, in which one is forgotten.
 */
export type Rule = {
  readonly burst: number
  readonly firstWaitMs: number
  readonly forgetsOneEveryMs: number
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const advice = (example: string) => `put a number and a time there, such as ${example}`

/** Setting: how much is allowed in which time, such as `20/1h`: 20 at once, and one more every three minutes. */
export const rule = (example: string, { firstWaitMs }: { readonly firstWaitMs?: number } = {}) =>
  z
    .string()
    .regex(/^[1-9]\d{0,5}\/[1-9]\d{0,4}[smhd]$/, { error: advice(example) })
    .default(example)
    .transform((text): Rule => {
      const [, count = '', time = '', unit] = /^(\d+)\/(\d+)([smhd])$/.exec(text) ?? []
      const burst = Number(count)
      const forgetsOneEveryMs = (Number(time) * (isUnit(unit) ? unitMs[unit] : 0)) / burst
      return {
        burst,
        forgetsOneEveryMs,
        firstWaitMs: Math.min(firstWaitMs ?? forgetsOneEveryMs, forgetsOneEveryMs),
      }
    })

const isUnit = (text: string | undefined): text is keyof typeof unitMs => text !== undefined && text in unitMs
