import { z } from 'zod'

const scalar = z.union([z.string(), z.number(), z.boolean()])

/** Attributes as they are stored. */
export const attributes = z.record(z.string(), z.union([scalar, z.array(scalar)]))
