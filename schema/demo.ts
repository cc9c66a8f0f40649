import { namedUuid } from '@supergraph/runtime/uuid.ts'

/** The moment the demo shop opened; every demo thing's id and dates start here. */
export const demoOpening = new Date('2026-01-05T09:00:00.000Z')

/** The id of the demo user with this e-mail address, the same in every database. */
export const demoUserId = (email: string): string => namedUuid(`user ${email}`, demoOpening.getTime())

/** The id of the demo product with this sku, the same in every database. */
export const demoProductId = (sku: string): string => namedUuid(`product ${sku}`, demoOpening.getTime())
