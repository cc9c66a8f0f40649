import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HostRule } from '@supergraph/runtime/hosts.ts'
import { sendJson } from '@supergraph/runtime/http.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import type { Message, Messages } from './messages.ts'
import { listPage, messagePage, notFoundPage } from './pages.ts'

/**
 * Answers `/` and `/messages/<id>` with pages, `/messages`, `/messages/<id>.json` and `/summaries` (without what the messages
 * say) with JSON; `?to=` shows the messages to one address only.
 */
export const createSite = (messages: Messages, hostRule: HostRule, logger: Logger) => {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const target = readTarget(request)
    const refusal = hostRule(target)
    if (refusal !== undefined) return sendJson(response, 421, { message: refusal })
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return sendJson(response, 405, { message: 'Only GET is taken.' })
    }
    const { path, search } = target
    const typed = new URLSearchParams(search).get('to')?.trim().toLowerCase() ?? ''
    const to = emailAddress.safeParse(typed).data?.canonical ?? typed
    const wanted = () => messages.all().filter(message => to === '' || message.to.includes(to))
    if (path === '/') return sendPage(response, 200, listPage(wanted(), to))
    if (path === '/messages') return sendJson(response, 200, wanted().map(toJson))
    if (path === '/summaries') return sendJson(response, 200, wanted().map(toSummary))
    if (/^\/health(\/live|\/ready)?$/.test(path)) return sendJson(response, 200, { status: 'ok' })
    const [, id = '', form] = /^\/messages\/([\d-]+)(\/raw|\.json)?$/.exec(path) ?? []
    const message = messages.find(id)
    if (message === undefined) return sendPage(response, 404, notFoundPage())
    if (form === '.json') return sendJson(response, 200, toJson(message))
    if (form === '/raw') return sendRaw(response, message)
    sendPage(response, 200, messagePage(message))
  }
  return (request: IncomingMessage, response: ServerResponse): void => {
    try {
      answer(request, response)
    } catch (error) {
      logger.error({ err: error }, 'a request failed')
      sendJson(response, 500, { message: 'Internal server error' })
    }
  }
}

const toSummary = ({ id, receivedAt, from, to, subject }: Message) => ({ id, receivedAt, from, to, subject })

const toJson = ({ raw: _, ...message }: Message) => message

// n.b. the frame of an e-mail inherits this policy: it runs no script and fetches nothing
const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const sendPage = (response: ServerResponse, status: number, page: string): void => {
  response.writeHead(status, { ...headers, 'content-type': 'text/html; charset=utf-8' }).end(page)
}

const sendRaw = (response: ServerResponse, { raw }: Message): void => {
  response.writeHead(200, { ...headers, 'content-type': 'text/plain; charset=utf-8' }).end(raw)
}
