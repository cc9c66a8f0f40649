import { answerToAll } from '@supergraph/runtime/hosts.ts'
import { startHttp } from '@supergraph/runtime/http.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createErrorFormatter, gatewayError } from '../errors.ts'
import { createClientAddress } from './client-address.ts'
import { createCors } from './cors.ts'
import { createRequestHandler } from './requests.ts'

it('tells a client that too many of its requests wait, and logs nothing', async () => {
  const logger = createLogger('gateway', 'silent')
  const error = vi.spyOn(logger, 'error')
  const handle = createRequestHandler({
    operations: {
      answerPost: () => Promise.reject(gatewayError('TOO_MANY_OPERATIONS', 'Send fewer at a time.')),
      answerGet: () => Promise.reject(new Error('nobody sent a GET')),
    },
    eventSource: { answer: () => Promise.reject(new Error('nobody asks for events')) },
    clientAddress: createClientAddress(0),
    cors: createCors({ origins: ['https://shop.test'], isDevelopment: false }),
    hostRule: answerToAll,
    explorers: undefined,
    health: { at: () => undefined },
    format: createErrorFormatter(logger),
    logger,
  })
  const { port, stop } = await startHttp(handle, { host: '127.0.0.1', port: 0 })
  onTestFinished(stop)
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://shop.test' },
    body: '{ "query": "{ a }" }',
  })
  expect([answer.status, await answer.json()]).toEqual([
    429,
    {
      errors: [
        {
          message: 'Send fewer at a time.',
          extensions: {
            code: 'TOO_MANY_OPERATIONS',
            traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
            retryable: true,
          },
        },
      ],
    },
  ])
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.test')
  expect(error).not.toHaveBeenCalled()
})
