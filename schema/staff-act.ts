import type { Envelope, EventType } from '@supergraph/messaging/envelope.ts'
import { sensitive } from '@supergraph/messaging/sensitive.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'

const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))

/** Something that a member of staff or an admin has done: the data of an event of the audit log. n.b. it has no personal values. */
export const staffAct = z.object({
  /** The user who acted. */
  actorId: z.uuid(),
  /** The session in which they acted. */
  sessionId: z.string(),
  /** From which address they acted; null where the service is not told. */
  clientAddress: sensitive(z.string()).nullable(),
  /** The mutation, such as `shipOrder`. */
  act: z.string(),
  about: z.object({ kind: z.enum(['ORDER', 'PRODUCT', 'USER']), id: z.string() }),
  reason: sensitive(z.string()).nullable(),
  /** What the act has changed, as it was; null if there was nothing. */
  before: values.nullable(),
  after: values.nullable(),
})

export type StaffAct = z.output<typeof staffAct>

type Values = Readonly<Record<string, string | number | boolean | null>>

/** Of what was and what is, the values that are not the same. */
export const changedValues = (before: Values, after: Values): Pick<StaffAct, 'before' | 'after'> => {
  const isChanged = ([key]: readonly [string, unknown]) => before[key] !== after[key]
  return {
    before: Object.fromEntries(Object.entries(before).filter(isChanged)),
    after: Object.fromEntries(Object.entries(after).filter(isChanged)),
  }
}

/** The event of an act. n.b. its subject is its own id, so that it waits for no other event */
export const staffActed = <Type extends string>(
  event: EventType<StaffAct, Type>,
  act: StaffAct,
  at: Date,
): Envelope => {
  const id = uuidv7(at.getTime())
  return event.create({ id, subject: id, version: 1, occurredAt: at, data: act })
}
