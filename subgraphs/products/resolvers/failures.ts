import type { StockAnswer } from '../domain/reservation.ts'
import { maxUnits, type Shortage } from '../domain/stock.ts'

/** Every refusal that a screen shows, in its words. */
export const skuTaken = (sku: string) =>
  ({ __typename: 'SkuTaken', message: `Another product has the sku ${sku}: choose a new one.` }) as const

export const invalidInput = (field: string, message: string) =>
  ({ __typename: 'InvalidInput', field, message }) as const

export const keyReused = () =>
  invalidInput('idempotencyKey', 'You have made another change under this key: choose a new one.')

export const productNotFound = () =>
  ({ __typename: 'ProductNotFound', message: 'There is no such product.' }) as const

export const insufficientStock = (available: number) =>
  ({
    __typename: 'InsufficientStock',
    message: `Only ${available} units can be taken away: there are no more, or orders hold the others.`,
    available,
  }) as const

export const tooMuchStock = (maxDelta: number) =>
  invalidInput('delta', `A product can have at most ${maxUnits} units: add no more than ${maxDelta}.`)

/** Why an order gets no stock. */
export const stockRefusal = (answer: Exclude<StockAnswer, { kind: 'granted' }>) =>
  answer.kind === 'shortage' ? stockShortage(answer.items) : reservationReleased()

const stockShortage = (items: readonly Shortage[]) =>
  ({
    __typename: 'StockShortage',
    message: 'There are fewer units in stock than were asked for; nothing was taken.',
    items,
  }) as const

const reservationReleased = () =>
  ({
    __typename: 'ReservationReleased',
    message: 'Nothing is held for this order any more; place a new order.',
  }) as const
