import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendGraphQLError, sendJson } from '@supergraph/runtime/http.ts'

const code = 'UNAUTHENTICATED'
const forRover = 'Run rover by npm run rover:introspect, which signs one.'

/** Answers 401 to a request without a valid identity token, in the form in which rover shows the message if rover asks. */
export const refuseStranger = (request: IncomingMessage, response: ServerResponse, reason: string): void => {
  const isRover = request.headers['user-agent']?.startsWith('rover/')
  if (!isRover) {
    sendGraphQLError(response, 401, code, reason)
    return
  }
  const message = `${reason} ${forRover}`
  // n.b. rover 0.41 shows a message only beside data, and as Apollo's gateways report it; else it says "No data field provided"
  const extensions = { code, response: { body: { errors: [{ message }] } } }
  sendJson(response, 401, { errors: [{ message, extensions }], data: {} })
}
