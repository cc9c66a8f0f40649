import { CloseCode } from 'graphql-ws'
import type { WebSocket } from 'ws'
import { maxNesting } from '../limits/nesting.ts'

/** How many messages a client may send in a second: 200 operations begin and end, and there is room for pings. */
export const maxMessagesPerSecond = 500

/** Why the gateway closes a socket: the code and the reason that the client gets. */
export type Closing = { readonly code: number; readonly reason: string }

/** How the gateway closes sockets; the protocol adds 4400, 4408 (no connection_init), 4409 and 4429 (a second one). */
export const closings = {
  goingAway: { code: 1001, reason: 'Going away' },
  nestedTooDeep: { code: CloseCode.BadRequest, reason: `Nested more than ${maxNesting} deep` },
  internalError: { code: CloseCode.InternalServerError, reason: 'Internal server error' },
  unauthorized: { code: CloseCode.Unauthorized, reason: 'Unauthorized' },
  tokenExpired: { code: CloseCode.Unauthorized, reason: 'Token expired' },
  sessionEnded: { code: CloseCode.Unauthorized, reason: 'Session ended' },
  originNotAllowed: { code: CloseCode.Forbidden, reason: 'Origin not allowed' },
  otherUser: { code: CloseCode.Forbidden, reason: 'Other user' },
  otherProtocol: { code: CloseCode.SubprotocolNotAcceptable, reason: 'Subprotocol not acceptable' },
  tooManySockets: { code: CloseCode.TooManyInitialisationRequests, reason: 'Too many sockets' },
  tooManyMessages: { code: 1013, reason: `More than ${maxMessagesPerSecond} messages a second` },
  tryAgainLater: { code: 1013, reason: 'Try again later' },
} as const satisfies Record<string, Closing>

/** How long a client may take to answer a close. */
export const closeWithinMs = 1_000

/** Closes a socket, and ends its connection if the client has not answered within a second. */
export const closeSocket = (socket: WebSocket, { code, reason }: Closing): void => {
  if (socket.readyState !== socket.OPEN) return
  socket.close(code, reason)
  const timer = setTimeout(() => socket.terminate(), closeWithinMs)
  socket.once('close', () => clearTimeout(timer))
}
