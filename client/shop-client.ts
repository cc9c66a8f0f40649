import { createBackOff } from './back-off.ts'
import { createConnection } from './connection.ts'
import { createEventSource } from './event-source.ts'
import { createLock } from './lock.ts'
import {
  type Answer,
  type AnyVariables,
  createPost,
  isTokenRefused,
  type OperationDocument,
} from './operation.ts'
import {
  type CompleteLoginInput,
  createSessions,
  type LoginInput,
  type RegisterInput,
  type ResetPasswordInput,
  type Session,
  type SessionUser,
  type SignInResult,
  type TokenOf,
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
  /** Tells who is signed in whenever that changes, `undefined` for nobody; also when another page signs in or out. */
  readonly onUserChanged?: (user: SessionUser | undefined) => void
  /** How long before its end an access token is renewed; 60 s. */
  readonly renewBeforeMs?: number
  /** A WebSocket class, if there is no global one. */
  readonly webSocketImpl?: unknown
}

/** Is told of the next user, `undefined` for nobody, and of the error that ended what the user before had begun. */
export type UserListener = (user: SessionUser | undefined, ended: ShopError | undefined) => void

/**
 * The shop's API as one user of it has it: operations, a session that keeps itself up, and watches that miss nothing. What one
 * user began is never sent or answered as another: it fails with USER_CHANGED, or with SIGNED_OUT if nobody is signed in.
 */
export type ShopClient = {
  /** Opens an account and signs in, or says why not. */
  readonly register: (input: RegisterInput) => Promise<SignInResult>
  /** Signs in, or says why not. */
  readonly login: (input: LoginInput) => Promise<SignInResult>
  /** Signs in with the challenge of `TotpRequired` and a code, or says why not. */
  readonly completeLogin: (input: CompleteLoginInput) => Promise<SignInResult>
  /** Chooses a new password with the token of an e-mail and signs in, or says why not. */
  readonly resetPassword: (input: ResetPasswordInput) => Promise<SignInResult>
  /** Ends the session, and the watches of its user, even if it then throws because the shop could not be told. */
  readonly logout: () => Promise<void>
  readonly user: () => Promise<SessionUser | undefined>
  /** Calls `listener` at each change of user, until the returned function is called. */
  readonly onUser: (listener: UserListener) => () => void
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
  // n.b. a document that is typed, and needs variables, gets them
  ...variables: Record<never, never> extends Variables ? [variables?: Variables] : [variables: Variables]
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
    lock: createLock(`session at ${url}`, sessionStore.lock),
    renewBeforeMs,
  })
  const listeners = new Set<UserListener>()
  const socket = createConnection(
    createSocket({ url: url.replace(/^http/, 'ws'), sessions, webSocketImpl }),
    createEventSource({ url, sessions }),
  )
  // n.b. the option comes last: the next user's operations that it begins find everything of the one before gone
  sessions.onUser((user, ended) => {
    for (const listener of [...listeners]) listener(user, ended)
    onUserChanged(user)
  })

  const askOnce = async <Data, Variables>(
    document: OperationDocument<Data, Variables>,
    variables: Variables | undefined,
    tokenOf: TokenOf,
  ): Promise<Answer<Data>> => {
    const accessToken = await tokenOf()
    try {
      return await post(document, variables, accessToken)
    } catch (error) {
      if (accessToken === undefined || !isTokenRefused(error)) throw error
      return post(document, variables, await tokenOf(accessToken))
    }
  }
  const mutate: Operate = (document, ...[variables]) =>
    sessions.asUser(tokenOf => askOnce(document, variables, tokenOf))
  const query: Operate = (document, ...[variables]) =>
    sessions.asUser(async tokenOf => {
      const backOff = createBackOff(closing.signal)
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await askOnce(document, variables, tokenOf)
        } catch (error) {
          const isWorthIt = error instanceof ShopError && error.code === 'UNREACHABLE'
          if (!isWorthIt || attempt === queryAttempts || closing.signal.aborted) throw error
          backOff.failed()
          await backOff.wait()
        }
      }
    })
  const watch: ShopClient['watch'] = options =>
    createWatch(options, { socket, sessions, closing: closing.signal })

  return {
    register: sessions.register,
    login: sessions.login,
    completeLogin: sessions.completeLogin,
    resetPassword: sessions.resetPassword,
    logout: sessions.logout,
    user: sessions.user,
    onUser: listener => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
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
      sessions.close()
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
