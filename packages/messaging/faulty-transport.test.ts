import { randomUUID } from 'node:crypto'
import { broker, type Fault } from '@supergraph/runtime/faults/fault.ts'
import { allowFaults } from '@supergraph/runtime/faults/switch.ts'
import { expect, it, onTestFinished } from 'vitest'
import type { Envelope } from './envelope.ts'
import { withTransportFaults } from './faulty-transport.ts'
import { createInProcessTransport } from './in-process.ts'
import { type Outcome, type Subscription, type Transport, TransportUnavailable } from './transport.ts'

const logger = { info: () => {}, warn: () => {}, error: () => {} }

const event = (): Envelope => ({
  specversion: '1.0',
  id: randomUUID(),
  type: 'order.placed',
  source: 'orders',
  subject: 'one',
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  version: 1,
  data: {},
})

const allow = () => {
  const faults = allowFaults('test')
  if (faults === undefined) throw new Error('there is no switch')
  onTestFinished(faults.stop)
  const endsAt = new Date(Date.now() + 600_000).toISOString()
  return { ...faults, begin: (fault: Fault) => faults.hold({ ...fault, reason: 'to see', endsAt }) }
}

/** A transport whose queue of `notifications` takes events, with the deliveries that it has had. */
const openQueue = async (outcomes: readonly Outcome[] = []) => {
  const faults = allow()
  const transport = withTransportFaults(createInProcessTransport({ logger }))
  onTestFinished(transport.stop)
  const deliveries: (readonly [id: unknown, isRedelivery: boolean])[] = []
  await transport.consume({
    queue: 'notifications.on-order-placed',
    types: ['order.placed'],
    prefetch: 10,
    deliver: async (envelope, _, isRedelivery) => {
      deliveries.push([Object(envelope).id, isRedelivery])
      return outcomes[deliveries.length - 1] ?? { kind: 'ack' }
    },
  })
  return { faults, transport, deliveries }
}

it('delivers twice what a queue of the service has handled', async () => {
  const { faults, transport, deliveries } = await openQueue()
  const [first, second] = [event(), event()]
  faults.begin({ kind: 'double-delivery', on: 'notifications' })
  await transport.publish(first)
  expect(deliveries).toEqual([
    [first.id, false],
    [first.id, true],
  ])
  faults.end({ kind: 'double-delivery', on: 'notifications' })
  await transport.publish(second)
  expect(deliveries.slice(2)).toEqual([[second.id, false]])
})

it('delivers once what a queue could not handle', async () => {
  const { faults, transport, deliveries } = await openQueue([{ kind: 'retry', error: new Error('no') }])
  faults.begin({ kind: 'double-delivery', on: 'notifications' })
  await expect(transport.publish(event())).rejects.toThrow('Not handled yet')
  expect(deliveries).toHaveLength(1)
})

it('publishes nothing while the broker is away, and tells the relay to come back', async () => {
  const { faults, transport, deliveries } = await openQueue()
  faults.begin({ kind: 'outage', on: broker })
  await expect(transport.publish(event())).rejects.toBeInstanceOf(TransportUnavailable)
  expect(deliveries).toEqual([])
  faults.end({ kind: 'outage', on: broker })
  await transport.publish(event())
  expect(deliveries).toHaveLength(1)
})

/** A broker that holds a message of the queue already; `take` lets it come. */
const createBroker = () => {
  let taken: Subscription | undefined
  const heard: unknown[] = []
  const transport: Transport = {
    broker: { isUsable: () => true },
    publish: async () => {},
    consume: async subscription => {
      taken = subscription
      return { stop: async () => {} }
    },
    listen: async ({ handle }) => {
      heard.push(handle)
      return { stop: async () => {} }
    },
    stop: async () => {},
  }
  return { transport, take: (subject: string) => taken?.deliver({ ...event(), subject }, 1, false) }
}

it('holds back what comes from a broker that is away, in order, until it is back or the consumer stops', async () => {
  const faults = allow()
  const remote = createBroker()
  const transport = withTransportFaults(remote.transport)
  const handled: unknown[] = []
  const consumer = await transport.consume({
    queue: 'orders.on-anything',
    types: [],
    prefetch: 10,
    deliver: async envelope => {
      handled.push(Object(envelope).subject)
      return { kind: 'ack' }
    },
  })
  faults.begin({ kind: 'outage', on: broker })
  expect(transport.broker?.isUsable()).toBe(false)
  const held = ['first', 'second'].map(remote.take)
  await Promise.resolve()
  expect(handled).toEqual([])
  faults.end({ kind: 'outage', on: broker })
  expect(await Promise.all(held)).toEqual([{ kind: 'ack' }, { kind: 'ack' }])
  expect([handled, transport.broker?.isUsable()]).toEqual([['first', 'second'], true])
  faults.begin({ kind: 'outage', on: broker })
  const left = remote.take('third')
  await consumer.stop()
  expect(await left).toMatchObject({ kind: 'postpone' })
  expect(handled).toHaveLength(2)
})

it('is the transport itself in a process that has no switch, as in production', () => {
  allowFaults('production')
  const transport = createInProcessTransport({ logger })
  onTestFinished(transport.stop)
  expect(withTransportFaults(transport)).toBe(transport)
})
