import type { Money } from './order.ts'

/** The payment provider can only charge and return multiples of the step. */
export type Uneven = { readonly kind: 'uneven'; readonly step: Money }

/** Why the payment provider can't charge an amount. */
export type Unpayable =
  | { readonly kind: 'currency' }
  | { readonly kind: 'tooSmall'; readonly least: Money }
  | { readonly kind: 'tooLarge'; readonly most: Money }
  | Uneven
