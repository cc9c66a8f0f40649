import { checkoutProcesses } from '../checkout/checkout-suite.ts'
import { createSuite } from '../shared-broker.ts'
import { awaitedCustomers } from './awaited-customers.ts'

/** The checkout of payments that need their customers. */
export const paymentsSuite = createSuite({ scenarios: [awaitedCustomers], processNames: checkoutProcesses })
