/** How a card was declined, as Stripe's `card_error` tells it. */
export type Decline = {
  readonly code: string
  readonly declineCode: string | null
  readonly message: string
}

/** What a test payment method does; undefined if there is no such method. */
export const outcomeOf = (method: string): 'succeeds' | Decline | undefined =>
  succeeding.has(method) ? 'succeeds' : declines.get(method)

const succeeding: ReadonlySet<string> = new Set([
  'pm_card_visa',
  'pm_card_visa_debit',
  'pm_card_mastercard',
  'pm_card_mastercard_debit',
  'pm_card_mastercard_prepaid',
  'pm_card_amex',
  'pm_card_discover',
  'pm_card_diners',
  'pm_card_jcb',
  'pm_card_unionpay',
])

const declined = (declineCode: string, message = 'Your card was declined.'): Decline => ({
  code: 'card_declined',
  declineCode,
  message,
})

const invalidCard = (code: string, message: string): Decline => ({ code, declineCode: null, message })

const insufficientFunds = declined('insufficient_funds', 'Your card has insufficient funds.')
const expired = invalidCard('expired_card', 'Your card has expired.')
const incorrectCvc = invalidCard('incorrect_cvc', "Your card's security code is incorrect.")
const processingError = invalidCard(
  'processing_error',
  'An error occurred while processing your card. Try again in a little bit.',
)

const declines: ReadonlyMap<string, Decline> = new Map([
  ['pm_card_chargeDeclined', declined('generic_decline')],
  ['pm_card_visa_chargeDeclined', declined('generic_decline')],
  ['pm_card_chargeDeclinedInsufficientFunds', insufficientFunds],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', insufficientFunds],
  ['pm_card_visa_chargeDeclinedLostCard', declined('lost_card')],
  ['pm_card_visa_chargeDeclinedStolenCard', declined('stolen_card')],
  ['pm_card_chargeDeclinedExpiredCard', expired],
  ['pm_card_chargeDeclinedIncorrectCvc', incorrectCvc],
  ['pm_card_chargeDeclinedProcessingError', processingError],
  ['pm_card_visa_chargeDeclinedVelocityLimitExceeded', declined('card_velocity_exceeded')],
])
