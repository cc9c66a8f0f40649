import type { ShopError } from './shop-error.ts'

/** What a watch does when its subscription has failed. */
export type Reaction = 'resume' | 'resume later' | 'begin anew' | 'end'

const reactions: Readonly<Record<string, Reaction>> = {
  // n.b. the socket itself waits between its attempts to connect
  DISCONNECTED: 'resume',
  UNREACHABLE: 'resume later',
  SLOW_CONSUMER: 'resume later',
  SCHEMA_CHANGED: 'resume later',
  SERVICE_UNAVAILABLE: 'resume later',
  SERVICE_TIMEOUT: 'resume later',
  // n.b. the session's token has expired, and the gateway is closing the socket
  UNAUTHENTICATED: 'resume later',
  CURSOR_EXPIRED: 'begin anew',
}

/**
 * How to go on after an error, for somebody signed in or not; what connecting again can't mend ends the watch. Of a code
 * that is not known here, the error itself says whether to try again.
 */
export const reactionTo = ({ code, errors: [first] }: ShopError, isSignedIn: boolean): Reaction =>
  code === 'UNAUTHENTICATED' && !isSignedIn
    ? 'end'
    : (reactions[code] ?? (first?.extensions?.retryable === true ? 'resume later' : 'end'))
