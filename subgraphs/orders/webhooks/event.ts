import Stripe from 'stripe'
import type { WebhookEvent } from '../domain/webhook-event.ts'
import { parseEvent } from '../payments/stripe-events.ts'

/** For how long a signature is good, in seconds. */
const toleranceSeconds = 300

/**
 * Reads an event from the bytes of a request, if one of the secrets has signed them within five minutes. What is signed is
 * unreadable if it is no event with its object, such as a thin one.
 */
export const readSignedEvent = (
  body: Buffer,
  signature: string,
  secrets: readonly string[],
): WebhookEvent | 'unsigned' | 'unreadable' => {
  if (!secrets.some(secret => hasSigned(secret, body, signature))) return 'unsigned'
  try {
    return parseEvent(JSON.parse(body.toString())) ?? 'unreadable'
  } catch {
    return 'unreadable'
  }
}

const hasSigned = (secret: string, body: Buffer, signature: string): boolean => {
  try {
    return Stripe.webhooks.signature?.verifyHeader(body, signature, secret, toleranceSeconds) === true
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false
    throw error
  }
}
