import type { Refusal, RefusalKind } from '../domain/refusals.ts'
import { maxUnits } from '../domain/stock.ts'
import type { ResolversTypes } from '../generated/resolvers.ts'

const failures = {
  invalidInput: ({ field, message }) => ({ __typename: 'InvalidInput', field, message }),
  skuTaken: ({ sku }) => ({
    __typename: 'SkuTaken',
    message: `Another product has the sku ${sku}: choose a new one.`,
  }),
  productNotFound: () => ({ __typename: 'ProductNotFound', message: 'There is no such product.' }),
  keyReused: () => ({
    __typename: 'InvalidInput',
    field: 'idempotencyKey',
    message: 'You have made another change under this key: choose a new one.',
  }),
  insufficient: ({ available }) => ({
    __typename: 'InsufficientStock',
    message: `Only ${available} units can be taken away: there are no more, or orders hold the others.`,
    available,
  }),
  tooMuch: ({ maxDelta }) => ({
    __typename: 'InvalidInput',
    field: 'delta',
    message: `A product can have at most ${maxUnits} units: add no more than ${maxDelta}.`,
  }),
  shortage: ({ items }) => ({
    __typename: 'StockShortage',
    message: 'There are fewer units in stock than were asked for; nothing was taken.',
    items,
  }),
  released: () => ({
    __typename: 'ReservationReleased',
    message: 'Nothing is held for this order any more; place a new order.',
  }),
} as const satisfies FailuresOf<{ readonly __typename: keyof ResolversTypes; readonly message: string }>

type FailuresOf<Failure> = { readonly [Kind in RefusalKind]: (refusal: Refusal<Kind>) => Failure }
type Failure<Kind extends RefusalKind> = ReturnType<(typeof failures)[Kind]>

// n.b. TypeScript follows a refusal's kind to its failure only through a mapped type like this one
const failureByKind: { readonly [Kind in RefusalKind]: (refusal: Refusal<Kind>) => Failure<Kind> } = failures

/** The failure member of the API's result unions that stands for a refusal, in words for a screen. */
export const toFailure = <Kind extends RefusalKind>(refusal: Refusal<Kind>): Failure<Kind> =>
  failureByKind[refusal.kind](refusal)
