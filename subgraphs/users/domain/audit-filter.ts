import { z } from 'zod'

/** The number of an entry of the audit log, as text. */
export const entryId = z.string().regex(/^[1-9]\d{0,17}$/)

const given = <S extends z.ZodType>(schema: S) => schema.nullish().transform(value => value ?? undefined)

/** Which entries of the audit log somebody wants to see. */
export const auditFilter = z.object({
  actorId: given(z.uuid({ error: 'Give the id of a user.' })),
  aboutId: given(
    z
      .string()
      .regex(/^[\x21-\x7e]{1,100}$/, { error: 'Give the id of an order, a product or a user.' })
      .toLowerCase(),
  ),
  from: given(z.date()),
  to: given(z.date()),
})

/** Why somebody acts, for the audit log. */
export const actReason = z
  .string()
  .trim()
  .max(500, { error: 'Give a reason of at most 500 characters.' })
  .refine(text => !text.includes('\0') && text.isWellFormed(), {
    error: 'A reason must hold neither U+0000 nor half a surrogate pair.',
  })
  .nullish()
  .transform(text => text || null)
