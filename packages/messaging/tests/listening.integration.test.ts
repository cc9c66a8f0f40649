import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createInProcessTransport } from '../in-process.ts'
import { connectRabbitMq } from '../rabbitmq/transport.ts'
import type { Transport } from '../transport.ts'
import { describeListening, listenToNews, news } from './listen-suite.ts'
import { silent } from './suite-world.ts'
import { brokerUrl, createTestNamespace } from './test-namespace.ts'

const broker = brokerUrl()
const queue = 'tests.on-news-announced'

describeListening('listening in process', queue, async () => {
  const transport = createInProcessTransport({ logger: silent })
  onTestFinished(() => transport.stop())
  return [transport, transport]
})

describe.skipIf(broker === undefined)('with a broker', () => {
  describeListening('listening over RabbitMQ', queue, async () => {
    const open = openTransports()
    return [await open(), await open()]
  })

  it('listens again by itself after a lost connection, though the broker has not noticed the loss', {
    timeout: 60_000,
  }, async () => {
    const open = openTransports()
    const line = await createLine(new URL(broker ?? ''))
    const publisher = await open()
    const { heard } = await listenToNews(await open(line.url))
    await publisher.publish(news('before'))
    await vi.waitFor(() => expect(heard).toEqual(['before']))
    line.lose()
    await vi.waitFor(
      async () => {
        await publisher.publish(news('after'))
        expect(heard).toContain('after')
      },
      { timeout: 60_000, interval: 100 },
    )
  })
})

/** Opens transports of one namespace, as the processes of one installation have them. */
const openTransports = () => {
  const { namespace, drop } = createTestNamespace(broker ?? '', [queue])
  onTestFinished(drop)
  return async (url = broker ?? ''): Promise<Transport> => {
    const transport = await connectRabbitMq({ url, namespace, logger: silent })
    onTestFinished(() => transport.stop())
    return transport
  }
}

/** A TCP line to the broker; `lose` breaks its near half alone. */
const createLine = async (broker: URL) => {
  const open = new Set<Socket>()
  const nearHalves = new Set<Socket>()
  const server = createServer(near => {
    const far = connect({ host: broker.hostname, port: Number(broker.port || 5672) })
    nearHalves.add(near)
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => {})
    }
    near.on('data', bytes => far.write(bytes))
    far.on('data', bytes => near.write(bytes))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const address = server.address()
  const url = new URL(broker)
  url.host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  return {
    url: url.href,
    lose: () => {
      for (const near of nearHalves) near.destroy()
    },
  }
}
