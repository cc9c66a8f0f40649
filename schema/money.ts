import { z } from 'zod'

/** A whole number of a currency's minor unit, of 53 bits. */
export const minorUnits = z.int().meta({ format: 'int64' })

/** An amount in an event: 1250 EUR is 12.50 €. */
export const money = z.object({ amountMinor: minorUnits, currency: z.string() })
