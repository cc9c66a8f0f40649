import type { IncomingMessage, ServerResponse } from 'node:http'
import { defineNumber } from '@supergraph/metrics/metrics.ts'
import { within } from '@supergraph/runtime/deadline.ts'
import { sendJson, sendJsonEarly } from '@supergraph/runtime/http.ts'
import { BadRequest, readBytes } from '@supergraph/runtime/request-body.ts'
import { createTurns, type Turns } from '@supergraph/runtime/turns.ts'
import type { WebhookEvent } from '../domain/webhook-event.ts'
import { readSignedEvent } from './event.ts'

/** Where the payment provider tells of events. */
export const webhookPath = '/webhooks/stripe'

const maxBodyBytes = 256 * 1024
// n.b. who waits to be read has sent at most what a socket buffers
const readAtOnce = 64
const maxWaiting = 256
const readWithinMs = 5_000
// n.b. few, so that a storm of events leaves connections to the database to others
const storedAtOnce = 4
const longestWaitMs = 10_000

const received = defineNumber({
  kind: 'count',
  name: 'supergraph_webhooks_total',
  help: 'Requests of the payment provider, by what became of them: stored, known, unsigned, unreadable, refused or busy.',
  labels: ['outcome'],
})

/**
 * Takes the events of the payment provider: each is stored before it is answered, and `onStored` is called. What no secret has
 * signed is refused with 400, and what does not arrive within 5 s with 408, so that slow strangers keep nobody out. What comes
 * faster than it can be stored is answered with 503, and the provider sends it again.
 */
export const createWebhookReceiver = ({
  secrets,
  store,
  onStored,
}: {
  readonly secrets: readonly string[]
  readonly store: (event: WebhookEvent) => Promise<'stored' | 'known'>
  readonly onStored: () => void
}) => {
  const reading = createTurns({ atOnce: readAtOnce, maxWaiting })
  const storing = createTurns({ atOnce: storedAtOnce, maxWaiting: readAtOnce })

  const take = async (request: IncomingMessage): Promise<Outcome> => {
    const { 'stripe-signature': signature } = request.headers
    if (typeof signature !== 'string') return 'unsigned'
    const body = await inTurn(reading, () => read(request))
    if (body === 'busy') return body
    const event = readSignedEvent(body, signature, secrets)
    if (typeof event === 'string') return event
    const outcome = await inTurn(storing, () => store(event))
    if (outcome === 'stored') onStored()
    return outcome
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST')
      return sendJson(response, 405, { error: 'Send events of the payment provider by POST.' })
    }
    const outcome = await take(request).catch((error: unknown) => {
      if (error instanceof BadRequest) return error
      throw error
    })
    if (outcome instanceof BadRequest) {
      received.of({ outcome: 'refused' }).value += 1
      return sendJsonEarly(request, response, outcome.status, { error: outcome.message })
    }
    received.of({ outcome }).value += 1
    sendJsonEarly(request, response, answers[outcome].status, answers[outcome].body)
  }
}

const read = (request: IncomingMessage): Promise<Buffer> =>
  within(readWithinMs, readBytes(request, maxBodyBytes), () => {
    throw new BadRequest(408, 'The event took too long to arrive: send it again.')
  })

const inTurn = async <T>(turns: Turns, task: () => Promise<T>): Promise<T | 'busy'> => {
  const release = await turns.take(Date.now() + longestWaitMs)
  if (typeof release === 'string') return 'busy'
  try {
    return await task()
  } finally {
    release()
  }
}

type Outcome = keyof typeof answers

const answers = {
  stored: { status: 200, body: { received: true } },
  known: { status: 200, body: { received: true } },
  unsigned: {
    status: 400,
    body: { error: 'No secret of this endpoint has signed this within five minutes.' },
  },
  unreadable: {
    status: 400,
    body: { error: 'This is no event with its object: let the endpoint send snapshots, not thin events.' },
  },
  busy: { status: 503, body: { error: 'Too many events come at once: send it again later.' } },
} as const
