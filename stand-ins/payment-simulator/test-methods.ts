/** Why a payment failed, as Stripe's `card_error` tells it. */
export type Failure = {
  readonly code: string
  readonly declineCode: string | null
  readonly message: string
}

/** What becomes of a payment at once, or after its customer has approved it. */
export type Verdict =
  | { readonly kind: 'authorized'; readonly afterwards?: Afterwards }
  | { readonly kind: 'declined'; readonly failure: Failure }

/** What comes by itself after the capture or a refund of a payment. */
export type Afterwards =
  | { readonly kind: 'disputed'; readonly reason: string; readonly isInquiry: boolean }
  | { readonly kind: 'refundsFail' }
  | { readonly kind: 'refundsArePending' }

/** What a payment method does; the customer of one that is `asked` has to approve the payment first. */
export type Outcome = Verdict | { readonly kind: 'asked'; readonly approved: Verdict }

/** What a test payment method does; undefined if there is no such method. */
export const outcomeOf = (method: string): Outcome | undefined => outcomes.get(method)

/** What comes by itself after a payment with this method; undefined if nothing. */
export const afterwardsOf = (method: string): Afterwards | undefined => {
  const outcome = outcomeOf(method)
  return outcome?.kind === 'authorized' ? outcome.afterwards : undefined
}

const disputed = (reason: string, isInquiry = false): Verdict => ({
  kind: 'authorized',
  afterwards: { kind: 'disputed', reason, isInquiry },
})

const card = (code: string, message: string, declineCode: string | null = null): Verdict => ({
  kind: 'declined',
  failure: { code, declineCode, message },
})

const declinedWith = (declineCode: string, message = 'Your card was declined.'): Verdict =>
  card('card_declined', message, declineCode)

const asked = (approved: Verdict): Outcome => ({ kind: 'asked', approved })

const authorized: Verdict = { kind: 'authorized' }
const insufficientFunds = declinedWith('insufficient_funds', 'Your card has insufficient funds.')
const processingError = card(
  'processing_error',
  'An error occurred while processing your card. Try again in a little bit.',
)

/** Why a payment failed whose customer did not approve it. */
export const notAuthenticated: Failure = {
  code: 'payment_intent_authentication_failure',
  declineCode: null,
  message:
    'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
}

/** Why a payment failed whose customer would have to approve it, which its request rules out. */
export const authenticationRequired: Failure = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
}

/** Why a payment failed that the bank declined in the end. */
export const declined: Failure = {
  code: 'card_declined',
  declineCode: 'generic_decline',
  message: 'Your card was declined.',
}

/** Why a payment failed that could not be captured. */
export const captureFailed: Failure = {
  code: 'capture_charge_authorization_expired',
  declineCode: null,
  message: 'The charge can not be captured: its authorization has expired.',
}

const outcomes: ReadonlyMap<string, Outcome> = new Map([
  ['pm_card_visa', authorized],
  ['pm_card_visa_debit', authorized],
  ['pm_card_mastercard', authorized],
  ['pm_card_mastercard_debit', authorized],
  ['pm_card_mastercard_prepaid', authorized],
  ['pm_card_amex', authorized],
  ['pm_card_discover', authorized],
  ['pm_card_diners', authorized],
  ['pm_card_jcb', authorized],
  ['pm_card_unionpay', authorized],
  // n.b. 3-D Secure is possible with these cards, and Stripe does not ask for it by itself
  ['pm_card_threeDSecureOptional', authorized],
  ['pm_card_amex_threeDSecureNotSupported', authorized],
  ['pm_card_createDispute', disputed('fraudulent')],
  ['pm_card_createDisputeProductNotReceived', disputed('product_not_received')],
  ['pm_card_createDisputeInquiry', disputed('fraudulent', true)],
  ['pm_card_refundFail', { kind: 'authorized', afterwards: { kind: 'refundsFail' } }],
  ['pm_card_pendingRefund', { kind: 'authorized', afterwards: { kind: 'refundsArePending' } }],
  ['pm_card_authenticationRequired', asked(authorized)],
  ['pm_card_authenticationRequiredOnSetup', asked(authorized)],
  ['pm_card_authenticationRequiredSetupForOffSession', asked(authorized)],
  ['pm_card_authenticationRequiredChargeDeclinedInsufficientFunds', asked(insufficientFunds)],
  ['pm_card_threeDSecure2Required', asked(authorized)],
  ['pm_card_threeDSecureRequired', asked(authorized)],
  ['pm_card_threeDSecureRequiredChargeDeclined', asked(declinedWith('generic_decline'))],
  ['pm_card_threeDSecureRequiredProcessingError', declinedWith('generic_decline')],
  ['pm_card_chargeDeclined', declinedWith('generic_decline')],
  ['pm_card_visa_chargeDeclined', declinedWith('generic_decline')],
  ['pm_card_chargeDeclinedInsufficientFunds', insufficientFunds],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', insufficientFunds],
  ['pm_card_visa_chargeDeclinedLostCard', declinedWith('lost_card')],
  ['pm_card_visa_chargeDeclinedStolenCard', declinedWith('stolen_card')],
  ['pm_card_chargeDeclinedExpiredCard', card('expired_card', 'Your card has expired.')],
  ['pm_card_chargeDeclinedIncorrectCvc', card('incorrect_cvc', "Your card's security code is incorrect.")],
  ['pm_card_chargeDeclinedProcessingError', processingError],
  ['pm_card_visa_chargeDeclinedVelocityLimitExceeded', declinedWith('card_velocity_exceeded')],
])
