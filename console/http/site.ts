import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Health } from '@supergraph/runtime/health.ts'
import { failRequest, sendJson } from '@supergraph/runtime/http.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { BadRequest, readJson } from '@supergraph/runtime/request-body.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import Negotiator from 'negotiator'
import type { Audit } from '../database/audit.ts'
import { UnusableFilter } from '../database/conditions.ts'
import type { WhoView } from '../pages/views.ts'
import type { Act, View } from '../views/view.ts'
import { developer, type Visitor } from '../visitor.ts'
import type { Access } from './access.ts'
import type { Assets } from './assets.ts'
import type { Live } from './live.ts'
import type { createSignIn } from './sign-in.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** Answers requests: pages, their data under the same addresses, what pages are made of, acts, and spans that come in. */
export const createSite = ({
  access,
  signIn,
  audit,
  takers,
  views,
  acts,
  assets,
  live,
  health,
  logger,
}: {
  readonly access: Access
  readonly signIn: ReturnType<typeof createSignIn>
  readonly audit: Pick<Audit, 'record'>
  /** What takes exports of OTLP, by their paths. */
  readonly takers: Readonly<Record<string, Answer>>
  readonly views: readonly View[]
  readonly acts: readonly Act[]
  readonly assets: Assets
  readonly live: Live
  readonly health: Pick<Health, 'at'>
  readonly logger: Logger
}): ((request: IncomingMessage, response: ServerResponse) => void) => {
  const answer: Answer = async (request, response) => {
    const target = readTarget(request)
    const { path, search } = target
    const healthAnswer = health.at(path)
    if (healthAnswer !== undefined) return void (await healthAnswer(request, response))
    const take = request.method === 'POST' ? takers[path] : undefined
    // n.b. services elsewhere send their spans and lines without a key: nothing can be read by that
    if (take !== undefined && request.headers.origin === undefined) return take(request, response)
    const refused = access.refusal(request, target)
    if (refused !== undefined) return sendJson(response, refused.status, { message: refused.message })
    if (request.method === 'POST' && path === '/sign-in') return signIn.take(request, response)
    if (request.method === 'GET' && path === '/sign-in') return signIn.send(response, '/audit', 200)
    const visitor = await access.visitor(request)
    if ('status' in visitor) {
      if (isForPeople(request)) return signIn.send(response, `${path}${search}`)
      return sendJson(response, visitor.status, { message: visitor.message })
    }
    if (take !== undefined) return take(request, response)
    if (request.method === 'POST' && path === '/sign-out') return signIn.end(request, response)
    if (request.method === 'POST') return answerAct(request, response, { path, visitor })
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD, POST')
      return sendJson(response, 405, { message: 'Only GET and POST are taken.' })
    }
    if (path === '/') return void response.writeHead(302, { location: '/requests' }).end()
    if (path === '/who') return sendJson(response, 200, toWho(visitor))
    const file = await assets.at(path)
    if (file !== undefined) return file(request, response)
    return answerView(request, response, { path, visitor, query: new URLSearchParams(search) })
  }

  const answerView = async (
    request: IncomingMessage,
    response: ServerResponse,
    {
      path,
      visitor,
      query,
    }: { readonly path: string; readonly visitor: Visitor; readonly query: URLSearchParams },
  ): Promise<void> => {
    const type = new Negotiator({ headers: request.headers }).mediaType(viewTypes)
    const [view, id] = find(views, path)
    response.setHeader('cache-control', 'no-cache')
    response.setHeader('vary', 'accept')
    if (view === undefined) return sendMissing(response)
    const isFile = view.fileName !== undefined || view.mediaType !== undefined
    // n.b. a browser that saves a file accepts HTML first
    if (type === 'text/html' && !isFile) return (await assets.page())(request, response)
    const read = () => view.read(id, query, visitor)
    if (type === 'text/event-stream' && !isFile) return live.send(response, read, view.everyMs)
    const data = await read()
    if (data === undefined) return sendMissing(response)
    if (view.fileName !== undefined)
      response.setHeader('content-disposition', `attachment; filename="${view.fileName(id)}"`)
    if (view.mediaType === undefined) return sendJson(response, 200, data)
    response.setHeader('content-security-policy', view.policy ?? "default-src 'none'")
    if (view.policy !== undefined) response.removeHeader('x-frame-options')
    response.writeHead(200, { 'content-type': `${view.mediaType}; charset=utf-8` }).end(String(data))
  }

  const answerAct = async (
    request: IncomingMessage,
    response: ServerResponse,
    { path, visitor }: { readonly path: string; readonly visitor: Visitor },
  ): Promise<void> => {
    const [act, id] = find(acts, path)
    if (act === undefined) return sendMissing(response)
    if (!visitor.mayAct) return sendJson(response, 403, { message: 'Only an ADMIN of the shop acts here.' })
    const { perform, ...intent } = act.prepare(await readJson(request, maxBodyBytes), id)
    const { who, role } = visitor
    const address = request.socket.remoteAddress ?? ''
    logger.warn({ ...intent, who, address }, 'somebody acts through the console')
    sendJson(response, 200, await audit.record({ ...intent, who, role, address }, () => perform(visitor)))
  }

  return (request, response) => {
    for (const [name, value] of Object.entries(safety)) response.setHeader(name, value)
    Promise.resolve(answer(request, response)).catch((error: unknown) => {
      if (response.headersSent) return failRequest(response, error, logger)
      if (error instanceof BadRequest) return sendJson(response, error.status, { message: error.message })
      if (error instanceof UnusableFilter) return sendJson(response, 400, { message: error.message })
      failRequest(response, error, logger)
    })
  }
}

const maxBodyBytes = 64 * 1024

const isForPeople = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && new Negotiator({ headers }).mediaType(viewTypes) === 'text/html'

const toWho = ({ who, role, mayAct }: Visitor): WhoView => ({
  who,
  role,
  mayAct,
  isSignedIn: role !== developer.role,
})

const viewTypes = ['text/html', 'application/json', 'text/event-stream']

const safety = {
  'x-frame-options': 'DENY',
  // n.b. with no-referrer a browser says of its own forms that they come from nowhere
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
}

/** The first entry whose path fits, and the id in that path. */
const find = <T extends { readonly path: RegExp }>(
  entries: readonly T[],
  path: string,
): readonly [entry: T | undefined, id: string] => {
  for (const entry of entries) {
    const [whole, id = ''] = entry.path.exec(path) ?? []
    if (whole !== undefined) return [entry, id]
  }
  return [undefined, '']
}

const sendMissing = (response: ServerResponse): void =>
  sendJson(response, 404, { message: 'There is nothing here (any more).' })
