import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startClient } from './client-under-test.ts'

/** A replica that counts what it is asked, and can be stopped and started anew at the same port. */
const startReplica = async () => {
  let port = 0
  let asked = 0
  let readiness = 200
  let answer = (response: ServerResponse): unknown => response.end('{"data":{"orders":[]}}')
  const pending = new Set<ServerResponse>()
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url === '/health/ready') return void response.writeHead(readiness).end()
    asked += 1
    pending.add(response)
    response.once('close', () => pending.delete(response))
    answer(response)
  }
  let server = createServer(take)
  const start = async (): Promise<void> => {
    server = createServer(take)
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  }
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  await start()
  onTestFinished(stop)
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    asked: () => asked,
    forget: () => {
      asked = 0
    },
    pending,
    answers: (next: typeof answer) => {
      answer = next
    },
    says: (status: number) => {
      readiness = status
    },
    start,
    stop,
  }
}

const startTwo = async () => {
  const [one, other] = [await startReplica(), await startReplica()]
  const { ask } = await startClient(() => undefined, { url: `${one.url},${other.url}` })
  const askMany = (query: string, count = 40) =>
    Promise.all(Array.from({ length: count }, () => ask(query))).then(answers =>
      answers.filter(({ errors }) => errors !== undefined),
    )
  return { one, other, ask, askMany }
}

it('sends what it could not send to a replica to another, mutations too, and shares requests once that is back', async () => {
  const { one, other, askMany } = await startTwo()
  await one.stop()
  expect(await askMany('mutation { placed }')).toEqual([])
  expect(other.asked()).toBe(40)
  await one.start()
  await vi.waitFor(async () => {
    expect(await askMany('mutation { placed }')).toEqual([])
    expect(one.asked()).toBeGreaterThan(5)
  }, 5_000)
})

it('sends a read whose connection broke to another replica at once', async () => {
  const { one, ask } = await startTwo()
  one.answers(response => response.destroy())
  for (let count = 0; count < 20; count += 1) expect(await ask('{ orders }')).not.toHaveProperty('errors')
  expect(one.asked()).toBe(3)
})

it('asks a replica no more that is about to stop, before it does', async () => {
  const { one, other, ask, askMany } = await startTwo()
  one.says(503)
  await vi.waitFor(async () => {
    one.forget()
    for (let count = 0; count < 20; count += 1) await ask('mutation { placed }')
    expect(one.asked()).toBe(0)
  }, 5_000)
  await one.stop()
  expect(await askMany('mutation { placed }')).toEqual([])
  expect(other.asked()).toBeGreaterThan(40)
})

it('gives a slow replica no more than the others have under way', async () => {
  const { one, other, ask } = await startTwo()
  one.answers(() => undefined)
  const answers = Array.from({ length: 40 }, () => ask('mutation { placed }'))
  await vi.waitFor(() => expect(one.pending.size + other.asked()).toBe(40))
  for (let count = 0; count < 40; count += 1)
    expect(await ask('mutation { placed }')).not.toHaveProperty('errors')
  expect(one.pending.size).toBeLessThanOrEqual(20)
  for (const response of one.pending) response.end('{"data":{"placed":true}}')
  await Promise.all(answers)
})
