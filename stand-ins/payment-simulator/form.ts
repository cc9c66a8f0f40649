import { type ZodError, z } from 'zod'
import { invalidRequest } from './stripe-error.ts'

/** The parameters of a request: `metadata[order_id]=1&expand[]=charge` is `{ metadata: { order_id: '1' }, expand: { '': 'charge' } }`. */
export type Parameters = Readonly<Record<string, string | Readonly<Record<string, string>>>>

/** Reads a form-encoded body or a query string; throws a StripeError if Stripe would refuse it. */
export const decodeForm = (text: string): Parameters => {
  const values = new Map<string, string | Map<string, string>>()
  for (const [name, value] of new URLSearchParams(text)) {
    // n.b. PostgreSQL stores no text with a NUL in it
    if (`${name}${value}`.includes('\0')) throw invalidRequest('Parameters may not hold a NUL character.')
    const [, outer = name, inner] = /^([^[\]]+)(?:\[([^[\]]*)\])?$/.exec(name) ?? []
    const known = values.get(outer)
    if (inner === undefined) values.set(outer, value)
    else if (known instanceof Map) known.set(inner, value)
    else values.set(outer, new Map([[inner, value]]))
  }
  return Object.fromEntries(
    [...values].map(([name, value]) => [name, value instanceof Map ? Object.fromEntries(value) : value]),
  )
}

/** Parses parameters; throws the StripeError of the first that is missing, unknown or unusable. */
export const parseParameters = <T>(schema: z.ZodType<T>, parameters: Parameters): T => {
  const result = schema.safeParse(parameters)
  if (result.success) return result.data
  throw toStripeError(result.error, parameters)
}

/** A whole number. */
export const integer = z
  .string()
  .regex(/^-?\d{1,15}$/, { error: 'Invalid integer' })
  .transform(Number)

/** How many objects a list may hold. */
export const pageSize = integer.pipe(z.int().min(1).max(100)).default(10)

/** A list, as `expand[]=a` or `expand[0]=a`. */
export const list = z.record(z.string(), z.string()).transform(items => Object.values(items))

const toStripeError = (error: ZodError, parameters: Parameters) => {
  const [issue] = error.issues
  if (issue === undefined) return invalidRequest('Invalid request.')
  if (issue.code === 'unrecognized_keys') {
    const param = issue.keys[0] ?? ''
    return param === 'payment_method_types'
      ? invalidRequest('payment_method_types is no longer supported: use allowed_payment_method_types.', {
          code: 'payment_method_types_no_longer_supported',
          param,
        })
      : invalidRequest(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param })
  }
  const param = issue.path.map(String).join('.')
  const isMissing = issue.path.length === 1 && !Object.hasOwn(parameters, param)
  return isMissing
    ? invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param })
    : invalidRequest(`Invalid ${param}: ${issue.message}`, { code: 'parameter_invalid', param })
}
