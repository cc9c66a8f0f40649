import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from '@supergraph/runtime/http.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import type { MyData } from './my-data.ts'

const headers = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** Answers a link with everything that is known of its owner, as a file. */
export const createMyDataRoute =
  (myData: Pick<MyData, 'gather'>, logger: Logger) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    if (request.method !== 'GET') {
      response.setHeader('allow', 'GET')
      return sendJson(response, 405, { message: 'Only GET is taken.' })
    }
    const token = new URLSearchParams(readTarget(request).search).get('token') ?? ''
    try {
      const everything = await myData.gather(token)
      if (everything === undefined)
        return sendJson(response, 404, { message: 'This link does not work any more: ask for a new one.' })
      response.setHeader('content-disposition', 'attachment; filename="my-data.json"')
      sendJson(response, 200, everything)
    } catch (error) {
      logger.error({ err: error }, 'what is known of somebody could not be gathered')
      response.setHeader('retry-after', '30')
      sendJson(response, 503, {
        message: 'Not everything can be gathered now: open the link again in a while.',
      })
    }
  }
