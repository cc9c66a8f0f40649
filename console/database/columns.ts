import { z } from 'zod'

/** A time, as ISO 8601 has it. */
export const time = z.date().transform(at => at.toISOString())

const scalar = z.union([z.string(), z.number(), z.boolean()])

/** Attributes as they are stored. */
export const attributes = z.record(z.string(), z.union([scalar, z.array(scalar)]))
