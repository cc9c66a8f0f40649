import type { Attributes, AttributeValue } from '@opentelemetry/api'
import { ProtobufWriter, tagOf } from './protobuf-writer.ts'

/** Attributes of a span that are the same each time, written once as they are sent. */
export type FixedAttributes = { readonly bytes: Uint8Array }

/** The field of a message that holds its attributes, each a pair of key and value. */
export const attributesOf = {
  resource: tagOf(1, 'bytes'),
  span: tagOf(9, 'bytes'),
  logRecord: tagOf(6, 'bytes'),
} as const satisfies Record<string, number>

/** Writes attributes that many spans have in common. */
export const fixAttributes = (attributes: Attributes): FixedAttributes => ({
  bytes: attributesIn(attributesOf.span, attributes),
})

/** Writes attributes into a field. */
export const attributesIn = (tag: number, attributes: Attributes): Buffer => {
  const writer = new ProtobufWriter()
  writeAttributes(writer, tag, attributes)
  return writer.copy()
}

/** n.b. what is not known has no attribute. */
export const writeAttributes = (writer: ProtobufWriter, tag: number, attributes: Attributes): void => {
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) writeAttribute(writer, tag, key, value)
}

const keyTag = tagOf(1, 'bytes')
const valueTag = tagOf(2, 'bytes')
// n.b. the longest number has 11 bytes with its tag
const besideTexts = 24

export const writeAttribute = (
  writer: ProtobufWriter,
  tag: number,
  key: string,
  value: AttributeValue,
): void => {
  const valueAtMost = valueLength(value)
  const pair = writer.open(tag, key.length * 3 + valueAtMost + besideTexts)
  writer.text(keyTag, key)
  const opened = writer.open(valueTag, valueAtMost + besideTexts)
  writeValue(writer, value)
  writer.close(opened)
  writer.close(pair)
}

/** How many bytes the texts in a value have at most. */
const valueLength = (value: AttributeValue): number =>
  typeof value === 'string' ? value.length * 3 : typeof value === 'object' ? Number.POSITIVE_INFINITY : 0

const stringTag = tagOf(1, 'bytes')
const booleanTag = tagOf(2, 'varint')
const integerTag = tagOf(3, 'varint')
const doubleTag = tagOf(4, 'fixed64')
const arrayTag = tagOf(5, 'bytes')
const itemTag = tagOf(1, 'bytes')

/** Writes the fields of a value into the message that is open. */
export const writeValue = (writer: ProtobufWriter, value: AttributeValue): void => {
  if (typeof value === 'string') writer.text(stringTag, value)
  else if (typeof value === 'boolean') writer.varint(booleanTag, value ? 1 : 0)
  else if (typeof value === 'number') {
    if (Number.isInteger(value)) writer.varint(integerTag, value)
    else writer.double(doubleTag, Number.isFinite(value) ? value : 0)
  } else {
    const list = writer.open(arrayTag)
    for (const each of value) {
      const item = writer.open(itemTag)
      if (each != null) writeValue(writer, each)
      writer.close(item)
    }
    writer.close(list)
  }
}
