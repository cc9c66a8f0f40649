import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { sendJson } from '@supergraph/runtime/http.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { BadRequest, readJson, readText } from '@supergraph/runtime/request-body.ts'
import { type RequestTarget, readTarget } from '@supergraph/runtime/request-target.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { createAuthenticationSite, isAuthenticationPath } from './authentication-site.ts'
import { type BankFault, createFaults, faultSwitches, ofBank } from './faults.ts'
import { decodeForm } from './form.ts'
import { type ApiResponse, executeOnce, isOvertaken } from './idempotency.ts'
import { startLater } from './later.ts'
import { createOperatorSite, isOperatorPath } from './operator-site.ts'
import { findRoute, type Route } from './routes.ts'
import { invalidRequest, StripeError } from './stripe-error.ts'
import { type Endpoint, startWebhooks } from './webhooks.ts'
import { noChanges, storeChanges, type Work } from './work.ts'

const maxBodyBytes = 64 * 1024

/** Answers the requests of Stripe's API, of the pages and of the fault switches; `stop` drops those that a fault holds back. */
export const createApi = ({
  database,
  apiKey,
  origin,
  endpoint,
  logger,
}: {
  readonly database: DataSource
  readonly apiKey: string
  /** Where people find the simulator's pages. */
  readonly origin: () => string
  /** Where the shop takes events, if it does. */
  readonly endpoint: Endpoint | undefined
  readonly logger: Logger
}): Running & { readonly handle: (request: IncomingMessage, response: ServerResponse) => void } => {
  const faults = createFaults()
  const webhooks = startWebhooks({ database, endpoint, faults, logger })
  const workOf = (manager: EntityManager, bank?: BankFault, changes = noChanges()): Work => ({
    bank,
    manager,
    origin: origin(),
    isTold: endpoint !== undefined,
    changes,
  })
  /** Does work with all that comes of it in one transaction. */
  const transact = async <Result>(
    change: (work: Work) => Promise<Result>,
    bank?: BankFault,
  ): Promise<Result> => {
    const changes = noChanges()
    try {
      return await database.transaction(async manager => {
        const work = workOf(manager, bank, changes)
        const result = await change(work)
        await storeChanges(work)
        return result
      })
    } finally {
      // n.b. a commit whose answer is lost looks like a failure
      if (changes.events.length > 0) webhooks.wake()
      if (changes.later.length > 0) later.wake()
    }
  }
  const later = startLater({
    database,
    transact,
    onError: error => logger.error({ err: error }, 'what was to come later failed'),
  })
  const answerAuthentication = createAuthenticationSite({
    database,
    transact: change => transact(change, faults.strikeApproval()),
  })
  const stopping = new AbortController()
  const hanging = new Set<ServerResponse>()

  const hang = (response: ServerResponse) => {
    hanging.add(response)
    response.once('close', () => hanging.delete(response))
  }
  const answerOperator = createOperatorSite({ database, apiKey, transact })

  const execute = async (
    request: IncomingMessage,
    response: ServerResponse,
    { path, search }: RequestTarget,
  ): Promise<void> => {
    const { method = 'GET' } = request
    const route = findRoute(method, path)
    const body = await readText(request, maxBodyBytes)
    const fault = faults.strike(route.operation)
    if (fault?.kind === 'hang') return hang(response)
    if (fault?.kind === 'error') throw unknownFailure()
    if (fault?.kind === 'slow') await pause(fault.delayMs, undefined, { signal: stopping.signal })
    const change = (): Promise<ApiResponse> =>
      transact(
        work =>
          executeOnce(work, { key: keyOf(request), path, body }, async () => {
            if (fault?.kind === 'keptError') throw unknownFailure()
            return route.execute(work, decodeForm(body))
          }),
        ofBank(fault),
      )
    const result =
      method === 'POST'
        ? await change().catch((error: unknown) => {
            if (isOvertaken(error)) return change()
            throw error
          })
        : await read(workOf(database.manager), search, route)
    if (fault?.kind === 'lostAnswer') return void response.destroy()
    send(response, result)
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = readTarget(request)
    if (target.path === '/health/live') return sendJson(response, 200, { status: 'live' })
    if (target.path === '/health' || target.path === '/health/ready') {
      return database.query('select 1').then(
        () => sendJson(response, 200, { status: 'ok' }),
        () => sendJson(response, 503, { status: 'unavailable' }),
      )
    }
    if (isAuthenticationPath(target.path)) return answerAuthentication(request, response, target)
    if (isOperatorPath(target.path)) return answerOperator(request, response, target)
    authenticate(request, apiKey)
    if (target.path !== '/simulator/faults') return execute(request, response, target)
    if (request.method === 'PUT') faults.set(parseSwitches(await readJson(request, maxBodyBytes)))
    if (request.method === 'DELETE') faults.set({ faults: [] })
    sendJson(response, 200, { faults: faults.list() })
  }

  const fail = (response: ServerResponse, error: unknown): void => {
    if (stopping.signal.aborted || response.headersSent) return void response.destroy()
    const known = toStripeError(error)
    if (known === undefined) logger.error({ err: error }, 'a request failed')
    const { status, body } = toFailure(known ?? unknownFailure())
    send(response, { status, body, isReplay: false })
  }

  return {
    handle: (request, response) => {
      answer(request, response).catch((error: unknown) => fail(response, error))
    },
    stop: async () => {
      stopping.abort()
      for (const response of hanging) response.destroy()
      await Promise.all([later.stop(), webhooks.stop()])
    },
  }
}

/** n.b. Stripe takes the key as the user of basic authentication, too; the simulator does not. */
const authenticate = (request: IncomingMessage, apiKey: string): void => {
  if (request.headers.authorization === `Bearer ${apiKey}`) return
  throw new StripeError(
    401,
    'invalid_request_error',
    'Invalid API Key provided: send the STRIPE_API_KEY of the simulator as a bearer token.',
  )
}

const keyOf = (request: IncomingMessage): string | undefined => {
  const key = request.headers['idempotency-key']
  if (typeof key === 'string' && key.length > 255) {
    throw invalidRequest('An Idempotency-Key has at most 255 characters.')
  }
  return typeof key === 'string' && key !== '' ? key : undefined
}

const read = async (work: Work, query: string, { execute }: Route): Promise<ApiResponse> => {
  const shown = await execute(work, decodeForm(query))
  return { status: 200, body: JSON.stringify(shown), isReplay: false }
}

const parseSwitches = (body: unknown) => {
  const result = faultSwitches.safeParse(body)
  if (result.success) return result.data
  throw invalidRequest(`These are no fault switches: ${z.prettifyError(result.error)}`)
}

const toStripeError = (error: unknown): StripeError | undefined => {
  if (error instanceof StripeError) return error
  return error instanceof BadRequest ? invalidRequest(error.message, {}, error.status) : undefined
}

const unknownFailure = () => new StripeError(500, 'api_error', 'An unknown error occurred')

const toFailure = (error: StripeError) => ({ status: error.status, body: JSON.stringify(error.toBody()) })

const send = (response: ServerResponse, { status, body, isReplay }: ApiResponse): void => {
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'request-id': `req_${uuidv7().replaceAll('-', '')}`,
      ...(isReplay ? { 'idempotent-replayed': 'true' } : {}),
    })
    .end(body)
}
