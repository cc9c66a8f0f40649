import { createBackOff } from './back-off.ts'
import { createLock } from './lock.ts'
import {
  type Answer,
  type AnyVariables,
  createPost,
  isTokenRefused,
  type OperationDocument,
} from './operation.ts'
import {
  createSessions,
  type LoginInput,
  type RegisterInput,
  type Session,
  type SessionUser,
  type SignInResult,
} from './session.ts'
import { ShopError } from './shop-error.ts'
import { createSocket } from './socket.ts'
import { createMemoryStore, type Store } from './store.ts'
import {
  type NotificationAddedData,
  notificationAddedDocument,
  notifications,
  type OrderUpdatedData,
  orderUpdatedDocument,
  orderUpdates,
} from './streams.ts'
import { createWatch, type Watch, type WatchListeners, type WatchOptions } from './watch.ts'

export type ShopClientOptions = {
  /** The gateway's GraphQL URL; in a browser it may be relative to the page. */
  readonly url: string
  /** Stores the session; by default in memory, until the page is left. */
  readonly sessionStore?: Store<Session>
  /** Tells who is signed in whenever that changes, `undefined` for nobody; also when the session ends elsewhere. */
  readonly onUserChanged?: (user: SessionUser | undefined) => void
  /** How long before its end an access token is renewed; 60 s. */
  readonly renewBeforeMs?: number
  /** A WebSocket class, if there is no global one. */
  readonly webSocketImpl?: unknown
}

/** The shop's API as one user of it has it: operations, a session that keeps itself up, and watches that miss nothing. */
export type ShopClient = {
  /** Opens an account and signs in, or says why not. */
  readonly register: (input: RegisterInput) => Promise<SignInResult>
  /** Signs in, or says why not. */
  readonly login: (input: LoginInput) => Promise<SignInResult>
  /** Ends the session, and the watches of its user, even if it then throws because the shop could not be told. */
  readonly logout: () => Promise<void>
  readonly user: () => Promise<SessionUser | undefined>
  /** Asks; twice more if the shop does not answer. Throws a ShopError if there is no data. */
  readonly query: Operate
  /** Asks once, since an operation without an answer may have been done. Throws a ShopError if there is no data. */
  readonly mutate: Operate
  readonly watch: <Data = unknown, Variables extends AnyVariables = AnyVariables>(
    options: WatchOptions<Data, Variables>,
  ) => Watch<Data>
  /** The state of an order now, or each change after a version, then each further change. */
  readonly watchOrder: (
    orderId: string,
    options?: WatchListeners & { readonly afterVersion?: number },
  ) => Watch<OrderUpdatedData>
  /** The user's notifications after a cursor, or those that come from now on. */
  readonly watchNotifications: (
    options?: WatchListeners & { readonly after?: string },
  ) => Watch<NotificationAddedData>
  /** Ends every watch and closes the socket; the session stays. */
  readonly close: () => Promise<void>
}

type Operate = <Data = unknown, Variables extends AnyVariables = AnyVariables>(
  document: OperationDocument<Data, Variables>,
  variables?: Variables,
) => Promise<Answer<Data>>

const queryAttempts = 3

export const createShopClient = ({
  url: givenUrl,
  sessionStore = createMemoryStore(),
  onUserChanged = () => {},
  renewBeforeMs = 60_000,
  webSocketImpl,
}: ShopClientOptions): ShopClient => {
  const url = absolute(givenUrl)
  const post = createPost(url)
  const closing = new AbortController()
  const sessions = createSessions({
    post,
    store: sessionStore,
    lock: createLock(`session at ${url}`),
    renewBeforeMs,
  })
  sessions.onUser(user => onUserChanged(user))
  const socket = createSocket({ url: url.replace(/^http/, 'ws'), sessions, webSocketImpl })

  const mutate: Operate = async (document, variables) => {
    const accessToken = await sessions.accessToken()
    try {
      return await post(document, variables, accessToken)
    } catch (error) {
      if (accessToken === undefined || !isTokenRefused(error)) throw error
      const renewed = await sessions.accessToken(accessToken)
      if (renewed === undefined) throw error
      return post(document, variables, renewed)
    }
  }
  const query: Operate = async (document, variables) => {
    const backOff = createBackOff(closing.signal)
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await mutate(document, variables)
      } catch (error) {
        const isWorthIt = error instanceof ShopError && error.code === 'UNREACHABLE'
        if (!isWorthIt || attempt === queryAttempts || closing.signal.aborted) throw error
        backOff.failed()
        await backOff.wait()
      }
    }
  }
  const watch: ShopClient['watch'] = options =>
    createWatch(options, { socket, sessions, closing: closing.signal })

  return {
    register: sessions.register,
    login: sessions.login,
    logout: sessions.logout,
    user: sessions.user,
    query,
    mutate,
    watch,
    watchOrder: (orderId, { afterVersion, ...listeners } = {}) =>
      watch<OrderUpdatedData>({
        document: orderUpdatedDocument,
        variables: { orderId, afterVersion },
        ...orderUpdates,
        ...listeners,
      }),
    watchNotifications: ({ after, ...listeners } = {}) =>
      watch<NotificationAddedData>({
        document: notificationAddedDocument,
        variables: { after },
        ...notifications(query),
        ...listeners,
      }),
    close: async () => {
      closing.abort()
      await socket.close()
    },
  }
}

const absolute = (url: string): string => {
  const scope: object = globalThis
  const page = 'location' in scope ? String(scope.location) : undefined
  if (!URL.canParse(url, page)) throw new TypeError(`"url" must be the gateway's GraphQL URL, not "${url}".`)
  return new URL(url, page).href
}
