import { afterAll, beforeAll, expect, it } from 'vitest'
import { createGraphQLClient } from '../testbed/graphql-client.ts'
import type { System } from '../testbed/system/system.ts'
import { type Rotation, rotateUnderLoad, rotating } from './key-rotation.ts'
import { describeAccess } from './suites/access.ts'
import { describeAnalytics } from './suites/analytics.ts'
import { describeCheckout } from './suites/checkout.ts'
import { describeForgeries } from './suites/forgeries.ts'
import { describeLargeAmounts } from './suites/large-amounts.ts'
import { describeMail } from './suites/mail.ts'
import { describeSessions } from './suites/sessions.ts'
import { describeShopping } from './suites/shopping.ts'

const suites = [
  describeSessions,
  describeMail,
  describeAccess,
  describeForgeries,
  describeShopping,
  describeCheckout,
  describeAnalytics,
  describeLargeAmounts,
]

/**
 * Tests that a shop must pass however its services are spread over processes, one after another on one system: to start one
 * takes longer than most of them.
 */
export const describeShop = (start: () => Promise<System>): void => {
  let system: System
  let rotation: Promise<Rotation>

  beforeAll(async () => {
    system = await start()
    // n.b. A rotation takes a minute, in which the suites run.
    rotation = rotateUnderLoad(system)
    // n.b. Its test awaits it. Without a handler until then, a failure would end the process.
    rotation.catch(() => {})
  })
  afterAll(() => system?.stop())

  for (const describeSuite of suites) describeSuite(() => system)

  it('rotates the signing key under load, and no request fails', async () => {
    const { command, failures, keys, firstToken } = await rotation
    expect(command).toEqual([0, expect.stringMatching(/^key \S+ signs from /)])
    expect(failures).toEqual([])
    expect(keys).toHaveLength(2)
    const { data } = await createGraphQLClient(system.urlOf('gateway'), firstToken).ask('{ me { name } }')
    expect(data.me.name).toBe(rotating.name)
  })
}
