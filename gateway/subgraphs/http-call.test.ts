import { createBreaker } from '@supergraph/runtime/breaker.ts'
import { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { createReplicas } from '@supergraph/runtime/replicas/replicas.ts'
import { RetryBudget } from '@supergraph/runtime/retry-budget.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import { expect, it, vi } from 'vitest'
import { createAnswerRoom } from './answer-room.ts'
import { HttpCall } from './http-call.ts'
import { ReadWaits } from './read-waits.ts'
import type { SubgraphReplica } from './subgraph-replicas.ts'

const startCall = ({
  urls = 'http://127.0.0.1:1/graphql',
  retries = new RetryBudget(),
}: {
  readonly urls?: string
  readonly retries?: RetryBudget
} = {}) => {
  const settle = vi.fn<(outcome: string | Error) => void>()
  const send = vi.fn(() => ({ giveUp: () => undefined }))
  const way = {
    replicas: createReplicas<SubgraphReplica>(urls, {
      service: 'orders',
      logger: createLogger('gateway', 'silent'),
      open: () => ({ pool: { send }, head: '', stop: async () => {} }),
      check: async () => 'ready',
    }),
    turns: createTurns({ atOnce: 1 }),
    breaker: createBreaker({ failuresInARow: 10, pauseMs: 500 }),
    waits: new ReadWaits(new LoadLimit({ targetMs: 50, loweredMs: 50, windowMs: 100, samples: 10 })),
    retries,
  }
  const document = { query: '{ a }', operationName: undefined, isMutation: false, head: '' }
  const sent = { document, body: '{}', identity: 'a token', timeoutMs: 60_000 }
  const call = new HttpCall(way, sent, () => undefined)
  call.add({ room: createAnswerRoom(10_000_000), settle })
  call.start()
  return { call, settle, send }
}

it('puts an answer together whose parts end within characters', () => {
  const { call, settle } = startCall()
  call.onHead(200)
  const text = `"${'€😀'.repeat(10_000)}"`
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 1_001) call.onPart(bytes.subarray(at, at + 1_001))
  call.onEnd(Buffer.alloc(0))
  expect(settle).toHaveBeenCalledExactlyOnceWith(text)
})

it('keeps of an answer that comes byte by byte about as many bytes as it has', () => {
  const { call, settle } = startCall()
  call.onHead(200)
  const part = Buffer.from('x')
  const before = process.memoryUsage()
  for (let count = 0; count < 1_000_000; count += 1) call.onPart(part)
  const after = process.memoryUsage()
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(40_000_000)
  call.onEnd(part)
  expect(settle).toHaveBeenCalledExactlyOnceWith('x'.repeat(1_000_001))
})

it('sends to another replica what may have been sent only while the budget lasts, and always what was not sent', () => {
  const urls = 'http://127.0.0.1:1/graphql,http://127.0.0.1:2/graphql'
  const broken = Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' })
  const retries = new RetryBudget()
  for (let count = 0; count < 10; count += 1) {
    const { call, send } = startCall({ urls, retries })
    call.onFailure(broken, true)
    expect(send).toHaveBeenCalledTimes(2)
    call.onEnd(Buffer.alloc(0))
  }
  while (retries.take());
  const read = startCall({ urls, retries })
  read.call.onFailure(broken, true)
  expect(read.send).toHaveBeenCalledTimes(1)
  expect(read.settle).toHaveBeenCalledExactlyOnceWith(broken)
  const unsent = startCall({ urls, retries })
  unsent.call.onFailure(broken, false)
  expect(unsent.send).toHaveBeenCalledTimes(2)
  expect(unsent.settle).not.toHaveBeenCalled()
  unsent.call.onEnd(Buffer.alloc(0))
})
