import { isTraceparent } from '@supergraph/runtime/trace-context.ts'
import { z } from 'zod'

/** One event on the wire: a CloudEvents 1.0 JSON envelope; `subject` is the aggregate's id, `version` its version. */
export type Envelope<Data = unknown, Type extends string = string> = {
  readonly specversion: '1.0'
  /** UUID; the message id that consumers remember. */
  readonly id: string
  readonly source: string
  readonly type: Type
  readonly subject: string
  /** ISO 8601. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  /** A URI that names the contract of `data`; older publishers gave none. */
  readonly dataschema?: string | undefined
  /** The W3C trace context of what caused the event; none if the cause was not traced. */
  readonly traceparent?: string | undefined
  readonly version: number
  readonly data: Data
}

/** An event contract: its name and schema in one value, from which both ends build and read envelopes. */
export type EventType<Data = unknown, Type extends string = string> = {
  readonly type: Type
  /** Its publisher. */
  readonly source: string
  /** What `data` must be, for documents about the contract. */
  readonly dataSchema: z.ZodType
  /** Builds an envelope; throws a ZodError if `data` breaks the contract. */
  create(event: NewEvent<Data>): Envelope<Data, Type>
  /** Reads an envelope of this type, dropping what it does not know; throws a ZodError on anything else. */
  parse(message: unknown): Envelope<Data, Type>
}

/** What a publisher says about one occurrence; `subject` is the aggregate's id, `id` a UUID. */
type NewEvent<Data> = {
  readonly id: string
  readonly subject: string
  readonly version: number
  readonly occurredAt: Date
  readonly data: Data
}

/** The attributes of every event but its type and data: the CloudEvents context, `traceparent` and `version`. */
export const envelopeAttributes = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.string().min(1),
  subject: z.string().min(1),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json'),
  // n.b. no consumer needs these two: if one of them is malformed, the event is read without it
  dataschema: z.string().optional().catch(undefined),
  traceparent: z.string().refine(isTraceparent).optional().catch(undefined),
  version: z.int().nonnegative(),
})

/** An envelope of any type, whole: attributes that only its contract knows are kept. */
export const anyEnvelope = envelopeAttributes.extend({ type: z.string(), data: z.unknown() }).loose()

/** The URI by which an envelope names its contract. */
export const contractOf = (type: string): string => `urn:supergraph:event:${type}`

/** Declares an event contract: `type` is a past-tense name such as `thing.happened`, `source` its publisher. */
export function defineEvent<const Type extends string, Shape extends z.ZodRawShape>(contract: {
  readonly type: Type
  readonly source: string
  readonly data: z.ZodObject<Shape>
}): EventType<z.infer<z.ZodObject<Shape>>, Type> {
  const { type, source } = contract
  // n.b. strip, even if the contract is strict: a newer publisher may have added a field
  const envelope = envelopeAttributes.extend({ type: z.literal(type), data: contract.data.strip() })
  return {
    type,
    source,
    dataSchema: contract.data,
    create: ({ id, subject, version, occurredAt, data }) =>
      envelope.parse({
        specversion: '1.0',
        id,
        source,
        type,
        subject,
        time: occurredAt.toISOString(),
        datacontenttype: 'application/json',
        dataschema: contractOf(type),
        version,
        data,
      }),
    parse: message => envelope.parse(message),
  }
}
