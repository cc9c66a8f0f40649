import { createServer, type ServerResponse } from 'node:http'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, onTestFinished } from 'vitest'
import { CallNotMade } from '../remote-calls.ts'
import { createProductsClient } from './products-client.ts'

const refuse = (response: ServerResponse): void => {
  const error = { message: 'There is no time left.', extensions: { code: 'DEADLINE_EXCEEDED' } }
  response.end(JSON.stringify({ errors: [error] }))
}

const give = (response: ServerResponse) => void response.end('{"data":{"_entities":[null]}}')

/** The client of a products subgraph that answers as it is told to. */
const startClient = async () => {
  let answer = refuse
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    request.resume()
    answer(response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client = createProductsClient({
    urls: `http://127.0.0.1:${port}/graphql`,
    identity: { sign: () => 'a token', signOnce: () => 'a token' },
    logger: createLogger('orders', 'silent'),
  })
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await client.stop()
  })
  return {
    isAvailable: client.isAvailable,
    load: () => client.loadOffers(['1'], Date.now() + 2_000),
    asked: () => asked,
    answers: (next: (response: ServerResponse) => void) => {
      answer = next
    },
    /** Closes the next connection without an answer, and gives one after that. */
    breaksOnce: () => {
      answer = response => {
        answer = give
        response.destroy()
      }
    },
  }
}

it('loads offers a second time if the connection broke', async () => {
  const { load, asked, breaksOnce } = await startClient()
  breaksOnce()
  expect(await load()).toEqual([])
  expect(asked()).toBe(2)
})

it('asks no second time if products carried nothing out', async () => {
  const { load, asked } = await startClient()
  await expect(load()).rejects.toBeInstanceOf(CallNotMade)
  expect(asked()).toBe(1)
})

it('keeps its retries for later while products is not asked, since its last calls failed', async () => {
  const { load, asked, answers, breaksOnce, isAvailable } = await startClient()
  for (let count = 0; count < 12; count += 1) await expect(load()).rejects.toBeInstanceOf(CallNotMade)
  expect(isAvailable()).toBe(false)
  answers(give)
  await expect.poll(isAvailable, { timeout: 5_000 }).toBe(true)
  expect(await load()).toEqual([])
  const before = asked()
  breaksOnce()
  expect(await load()).toEqual([])
  expect(asked()).toBe(before + 2)
})
