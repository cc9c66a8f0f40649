import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { costs, measured } from './costs.ts'

const results = z.object({ machine: z.string(), cores: z.number(), costs, measured })

/** What was measured on one machine in one run. */
export type Results = Readonly<z.output<typeof results>>

const file = new URL('results.json', import.meta.url)

export const readResults = (): Results => results.parse(JSON.parse(readFileSync(file, 'utf8')))

export const keepResults = (kept: Results): void => writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`)

/** The results with four digits, so that what is kept simulates the same as what was measured. */
export const rounded = (measurement: Results): Results =>
  results.parse(
    JSON.parse(
      JSON.stringify(measurement, (_, value: unknown) =>
        typeof value === 'number' ? Number(value.toPrecision(4)) : value,
      ),
    ),
  )
