/** The other fields of Stripe's error object, beside type and message. */
type Details = Readonly<Record<string, unknown>> & { readonly code?: string; readonly param?: string }

/** A request that is answered with an error, in Stripe's form. */
export class StripeError extends Error {
  override readonly name = 'StripeError'
  readonly status: number
  readonly type: string
  readonly details: Details

  constructor(status: number, type: string, message: string, details: Details = {}) {
    super(message)
    this.status = status
    this.type = type
    this.details = details
  }

  /** The answer's body. */
  toBody(): { readonly error: object } {
    return { error: { ...this.details, message: this.message, type: this.type } }
  }
}

/** A request that can't be carried out as it is: 400, or 404 for an object that the path names. */
export const invalidRequest = (message: string, details: Details = {}, status = 400): StripeError =>
  new StripeError(status, 'invalid_request_error', message, details)

/** The object that was asked for does not exist; 404 if the path names it, otherwise 400. */
export const noSuch = (
  object: string,
  { id, param, status }: { readonly id: string; readonly param: string; readonly status: 400 | 404 },
): StripeError => invalidRequest(`No such ${object}: '${id}'`, { code: 'resource_missing', param }, status)
