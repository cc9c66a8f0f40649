import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import { z } from 'zod'
import { contractOf, type Envelope, type EventType } from './envelope.ts'

/** What is shown in the place of a sensitive value. */
export const hidden = 'hidden'

/** Marks a part of an event's contract as personal or secret: people are shown `hidden` in its place. */
export const sensitive = <Schema extends z.ZodType>(schema: Schema): Schema =>
  schema.meta({ 'x-sensitive': true })

/**
 * An envelope as people are shown it, and the values that they are not shown. It has `hidden` in the place of each sensitive
 * value, but for null, and nothing that its contract does not know. If no contract describes it, it has its id, type, time and
 * subject alone.
 */
export const divideEnvelope = (
  contracts: readonly EventType[],
  envelope: unknown,
): { readonly shown: Partial<Envelope>; readonly unseen: readonly unknown[] } => {
  const known = readKnown(contracts, envelope)
  if (known === undefined) return divideUnknown(envelope)
  const unseen: unknown[] = []
  const hide = (value: unknown) => {
    unseen.push(value)
    return hidden
  }
  const data = shownPart(known.contract.dataSchema, known.envelope.data, hide)
  return { shown: { ...known.envelope, data }, unseen }
}

/** The envelope as people are shown it: see `divideEnvelope`. */
export const shownEnvelope = (contracts: readonly EventType[], envelope: unknown): Partial<Envelope> =>
  divideEnvelope(contracts, envelope).shown

const names = z.object({ type: z.string(), dataschema: z.string().optional() })

/** Reads an envelope by the contract that it names; undefined if there is none, or if the envelope breaks it. */
const readKnown = (contracts: readonly EventType[], envelope: unknown) => {
  const { data: named } = names.safeParse(envelope)
  const contract = contracts.find(({ type }) => type === named?.type)
  if (contract === undefined) return undefined
  // n.b. older publishers named no contract
  const isMeant = named?.dataschema === undefined || named.dataschema === contractOf(contract.type)
  if (!isMeant) return undefined
  try {
    return { contract, envelope: contract.parse(envelope) }
  } catch (error) {
    if (error instanceof z.ZodError) return undefined
    throw error
  }
}

const text = z.string().optional().catch(undefined)
const unknownEnvelope = z.object({ id: text, type: text, time: text, subject: text })

const divideUnknown = (envelope: unknown) => {
  // n.b. a message that is no JSON comes as its bytes
  if (ArrayBuffer.isView(envelope)) return { shown: {}, unseen: [] }
  if (!isJsonObject(envelope)) return { shown: {}, unseen: [envelope] }
  const shown = unknownEnvelope.parse(envelope)
  const seen = new Map<string, unknown>(Object.entries(shown))
  const unseen = Object.entries(envelope).filter(([key, value]) => seen.get(key) !== value)
  return { shown, unseen: unseen.map(([, value]) => value) }
}

/** A value as its schema lets it be shown. n.b. what is in a kind of schema that this does not know is hidden */
const shownPart = (schema: z.core.$ZodType, value: unknown, hide: (value: unknown) => string): unknown => {
  if (value === null || value === undefined) return value
  if (isSensitive(schema)) return hide(value)
  if (isWrapper(schema)) return shownPart(schema.unwrap(), value, hide)
  if (schema instanceof z.ZodUnion) {
    const matching = schema.options.filter(option => z.safeParse(option, value).success)
    const option = matching.find(isSensitive) ?? matching[0]
    return option === undefined ? hide(value) : shownPart(option, value, hide)
  }
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.map((item: unknown) => shownPart(schema.element, item, hide))
  if (schema instanceof z.ZodObject && isJsonObject(value))
    return Object.fromEntries(
      Object.entries(schema.shape)
        .filter(([key]) => key in value)
        .map(([key, part]) => [key, shownPart(part, value[key], hide)]),
    )
  return isScalar(schema) ? value : hide(value)
}

const isSensitive = (schema: z.core.$ZodType): boolean =>
  z.globalRegistry.get(schema)?.['x-sensitive'] === true

const isWrapper = (schema: z.core.$ZodType) =>
  schema instanceof z.ZodOptional ||
  schema instanceof z.ZodNullable ||
  schema instanceof z.ZodDefault ||
  schema instanceof z.ZodCatch ||
  schema instanceof z.ZodReadonly

const isScalar = (schema: z.core.$ZodType): boolean =>
  schema instanceof z.core.$ZodString ||
  schema instanceof z.core.$ZodNumber ||
  schema instanceof z.core.$ZodBoolean ||
  schema instanceof z.core.$ZodEnum ||
  schema instanceof z.core.$ZodLiteral
