import { createToFailure, type FailuresOf } from '@supergraph/subgraph/failures.ts'
import type { RefusalDetails } from '../domain/refusals.ts'
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
} as const satisfies FailuresOf<
  RefusalDetails,
  { readonly __typename: keyof ResolversTypes; readonly message: string }
>

/** The failure member of the API's result unions that stands for a refusal, in words for a screen. */
export const toFailure = createToFailure<
  RefusalDetails,
  { readonly [Kind in keyof RefusalDetails]: ReturnType<(typeof failures)[Kind]> }
>(failures)
