import type { Variables } from '@supergraph/runtime/environment.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type SpanReceiver, startSpanReceiver } from '../testbed/span-receiver.ts'
import type { System } from '../testbed/system/system.ts'
import { type Rotation, rotateUnderLoad, rotating } from './key-rotation.ts'
import { describeAccess } from './suites/access.ts'
import { describeAnalytics } from './suites/analytics.ts'
import { describeCheckout } from './suites/checkout.ts'
import { describeFaults } from './suites/faults.ts'
import { describeForgeries } from './suites/forgeries.ts'
import { describeLargeAmounts } from './suites/large-amounts.ts'
import { describeMail } from './suites/mail.ts'
import { describeSessions } from './suites/sessions.ts'
import { describeShopping } from './suites/shopping.ts'
import { describeTraces } from './suites/traces.ts'

/** What every shop must pass, however it is spread over processes and hosts. */
export const shopSuites = [
  describeSessions,
  describeMail,
  describeAccess,
  describeForgeries,
  describeShopping,
  describeCheckout,
  describeAnalytics,
  describeLargeAmounts,
]

/** The settings of a shop whose spans go to this receiver. */
const tracedTo = ({ url }: SpanReceiver) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_BSP_SCHEDULE_DELAY: '200',
  LOG_LEVEL: 'debug',
  ACCOUNT_DELETION_GRACE_SECONDS: '0',
})

/** A suite of tests on a system that runs already. */
type DescribeSuite = (systemOf: () => System) => void

/**
 * Tests that a shop must pass however its services are spread over processes, one after another on one system: to start one
 * takes longer than most of them. In one process, metrics have a port. `more` is tested while everything works,
 * and `outages` take services away that nobody needs to sign in.
 */
export const describeShop = (
  start: (settings: Variables) => Promise<System>,
  {
    metricsPort,
    more = [],
    outages = [],
  }: {
    readonly metricsPort?: number
    readonly more?: readonly DescribeSuite[]
    readonly outages?: readonly DescribeSuite[]
  } = {},
): void => {
  let system: System
  let spans: SpanReceiver
  let rotation: Promise<Rotation>

  beforeAll(async () => {
    spans = await startSpanReceiver()
    system = await start({ ...tracedTo(spans), METRICS_PORT: metricsPort?.toString() })
    // n.b. A rotation takes a minute, in which the suites run.
    rotation = rotateUnderLoad(system)
    // n.b. Its test awaits it. Without a handler until then, a failure would end the process.
    rotation.catch(() => {})
  })
  afterAll(async () => {
    await system?.stop()
    await spans?.stop()
  })

  for (const describeSuite of shopSuites) describeSuite(() => system)
  describeTraces(() => ({ system, spans, metricsPort }))
  for (const describeSuite of more) describeSuite(() => system)
  // n.b. The rotation may still be under way: whoever signs in or asks who they are needs nothing that fails here.
  describeFaults(() => ({ system, spans, metricsPort }))
  for (const describeSuite of outages) describeSuite(() => system)

  it('rotates the signing key under load, and no request fails', async () => {
    const { command, failures, keys, nameByFirstToken } = await rotation
    expect(command).toEqual([0, expect.stringMatching(/^key \S+ signs from /)])
    expect(failures).toEqual([])
    expect(keys).toHaveLength(2)
    expect(nameByFirstToken).toBe(rotating.name)
  })
}
