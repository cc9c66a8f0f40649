import type { Attributes, AttributeValue } from '@opentelemetry/api'

/** Attributes that are the same each time, written once as they are sent. */
export type FixedAttributes = { readonly text: string }

/** Writes attributes that many spans have in common. */
export const fixAttributes = (attributes: Attributes): FixedAttributes => ({
  text: Object.entries(attributes).reduce(
    (text, [key, value]) => (value === undefined ? text : text + attributeText(key, value)),
    '',
  ),
})

/** An attribute as OTLP's JSON has it, with a comma before it. */
export const attributeText = (key: string, value: AttributeValue): string =>
  `${headOf(key)}${valueText(value)}}`

/** n.b. keys come from the code, never from a client: there are few. */
const heads = new Map<string, string>()

const headOf = (key: string): string => {
  const known = heads.get(key)
  if (known !== undefined) return known
  const head = `,{"key":${JSON.stringify(key)},"value":`
  heads.set(key, head)
  return head
}

const valueText = (value: AttributeValue): string => {
  switch (typeof value) {
    case 'string':
      return `{"stringValue":${JSON.stringify(value)}}`
    case 'boolean':
      return `{"boolValue":${value}}`
    case 'number':
      return Number.isInteger(value)
        ? `{"intValue":${value}}`
        : `{"doubleValue":${Number.isFinite(value) ? value : 0}}`
    default:
      return `{"arrayValue":{"values":[${value.map(each => (each == null ? '{}' : valueText(each))).join(',')}]}}`
  }
}
