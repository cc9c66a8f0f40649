import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, it, vi } from 'vitest'
import type { Told } from '../subgraphs/subgraphs.ts'
import { type Asking, startClient } from './client-under-test.ts'

/** A client of a subgraph that answers all it has received when it is told to. */
const startWaiting = async (told?: Told) => {
  const pending: ServerResponse[] = []
  let received = 0
  let left = 0
  const { ask, askFor, changes } = await startClient(
    (_request: IncomingMessage, response: ServerResponse) => {
      received += 1
      pending.push(response)
      response.once('close', () => {
        if (!response.writableEnded) left += 1
      })
    },
    told && { told },
  )
  return {
    ask,
    askFor,
    changes,
    pending,
    /** How many requests came, once there are so many. */
    hasReceived: (count: number) => vi.waitFor(() => expect(received).toBe(count)),
    received: () => received,
    hasLost: (count: number) => vi.waitFor(() => expect(left).toBe(count)),
    answerAll: (data: string) => {
      for (const response of pending.splice(0)) response.end(`{"data":${data}}`)
    },
  }
}

const ada = { kind: 'user', id: 'ada', scopes: ['orders:read'], sessionId: 's1' } as const

it('sends equal reads once, and gives each who asked an answer of their own', async () => {
  const { ask, hasReceived, answerAll } = await startWaiting()
  const answers = Promise.all(Array.from({ length: 20 }, () => ask('{ orders }', { viewer: ada })))
  await hasReceived(1)
  answerAll('{"orders":[{"id":"1"}]}')
  const [first, ...others] = await answers
  Object.assign(first?.data ?? {}, { orders: 'changed' })
  for (const { data } of others) expect(data).toEqual({ orders: [{ id: '1' }] })
})

it.for<readonly [string, Asking]>([
  ['another user', { viewer: { ...ada, id: 'grace' } }],
  ['another session of the user', { viewer: { ...ada, sessionId: 's2' } }],
  ['other scopes', { viewer: { ...ada, scopes: [] } }],
  ['nobody who is known', { viewer: { kind: 'anonymous' } }],
  ['another address', { viewer: ada, clientAddress: '192.0.2.2' }],
  ['other variables', { viewer: ada, clientAddress: '192.0.2.1', variables: '{"first":2}' }],
])('does not share a read with %s', async ([, other]) => {
  const { ask, hasReceived, answerAll } = await startWaiting({ mutations: [], reads: ['client-address'] })
  const answers = Promise.all([
    ask('{ orders }', { viewer: ada, clientAddress: '192.0.2.1' }),
    ask('{ orders }', { clientAddress: '192.0.2.1', ...other }),
  ])
  await hasReceived(2)
  answerAll('{"orders":[]}')
  await answers
})

it('shares a read of clients with different addresses if the subgraph is told none', async () => {
  const { ask, hasReceived, answerAll } = await startWaiting()
  const answers = ['192.0.2.1', '192.0.2.2'].map(clientAddress => ask('{ orders }', { clientAddress }))
  await hasReceived(1)
  answerAll('{"orders":[]}')
  expect(await Promise.all(answers)).toMatchObject([{ data: { orders: [] } }, { data: { orders: [] } }])
})

it('never shares a mutation', async () => {
  const { ask, hasReceived, answerAll } = await startWaiting()
  const answers = [ask('mutation { placed }'), ask('mutation { placed }')]
  await hasReceived(2)
  answerAll('{"placed":true}')
  await Promise.all(answers)
})

it('lets nobody join a read that began before a mutation ended, or before an event came', async () => {
  const { ask, changes, pending, hasReceived, answerAll } = await startWaiting()
  const before = ask('{ orders }')
  await hasReceived(1)
  const written = ask('mutation { placed }')
  await hasReceived(2)
  pending.pop()?.end('{"data":{"placed":true}}')
  await written
  const after = ask('{ orders }')
  await hasReceived(3)
  changes.happened()
  const last = ask('{ orders }')
  await hasReceived(4)
  answerAll('{"orders":[]}')
  await Promise.all([before, after, last])
})

it('goes on with a read while one waits for it, and gives it up when the last one has gone', async () => {
  const { ask, askFor, hasReceived, hasLost, received, answerAll } = await startWaiting()
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()]
  const left = ask('{ orders }', { gone: first.signal })
  const stays = ask('{ orders }')
  await hasReceived(1)
  first.abort()
  expect(await left).toMatchObject({ data: null })
  answerAll('{"orders":[]}')
  expect(await stays).toMatchObject({ data: { orders: [] } })

  const both = [second, third].map(({ signal }) => askFor('{ orders }', { gone: signal }))
  await hasReceived(2)
  second.abort()
  third.abort()
  await hasLost(1)
  for (const { answer, failures } of both) {
    expect(await answer).toMatchObject({ data: null })
    expect(failures).toEqual([])
  }
  expect(received()).toBe(2)
})

it('gives each the room that they have', async () => {
  const { ask, hasReceived, answerAll } = await startWaiting()
  const answers = Promise.all([ask('{ orders }', { roomBytes: 10 }), ask('{ orders }')])
  await hasReceived(1)
  answerAll('{"orders":["as large as this"]}')
  expect(await answers).toMatchObject([
    { data: null, errors: [{ extensions: { code: 'ANSWER_TOO_LARGE' } }] },
    { data: { orders: ['as large as this'] } },
  ])
})
