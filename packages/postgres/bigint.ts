import type { EntitySchemaColumnOptions } from 'typeorm'
import { z } from 'zod'

/**
 * A whole number of a `bigint` column, also one that arrives as text; refuses one that a number does not hold exactly
 * (beyond 2^53).
 */
export const bigint = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number)
    .pipe(z.int()),
])

const stored = bigint.nullable()

/** A `bigint` column whose values are numbers in rows, for an EntitySchema. */
export const bigintColumn = {
  type: 'bigint',
  transformer: {
    from: (value: unknown) => (Number.isSafeInteger(value) ? value : stored.parse(value)),
    to: (value: unknown) => value,
  },
} as const satisfies EntitySchemaColumnOptions
