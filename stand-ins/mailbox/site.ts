import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from '@supergraph/runtime/http.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import type { Message, Messages } from './messages.ts'
import { listPage, messagePage, notFoundPage } from './pages.ts'

/** Answers `/` and `/messages/<id>` with pages, `/messages` with JSON; `?to=` shows the messages to one address only. */
export const createSite = (messages: Messages, logger: Logger) => {
  const answer = ({ method = 'GET', url = '/' }: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(url, 'http://mailbox')
    if (method !== 'GET' && method !== 'HEAD')
      return sendJson(response, 405, { message: 'Only GET is taken.' })
    const typed = searchParams.get('to')?.trim().toLowerCase() ?? ''
    const to = emailAddress.safeParse(typed).data?.canonical ?? typed
    const wanted = () => messages.all().filter(message => to === '' || message.to.includes(to))
    if (pathname === '/') return sendPage(response, 200, listPage(wanted(), to))
    if (pathname === '/messages') return sendJson(response, 200, wanted().map(toJson))
    if (pathname === '/health') return sendJson(response, 200, { status: 'ok' })
    const [, id = '', raw] = /^\/messages\/([\d-]+)(\/raw)?$/.exec(pathname) ?? []
    const message = messages.find(id)
    if (message === undefined) return sendPage(response, 404, notFoundPage())
    if (raw !== undefined) return sendRaw(response, message)
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
