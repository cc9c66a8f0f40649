import { startRelay } from '@supergraph/messaging/outbox/relay.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { createThrottle, startForgetting } from '@supergraph/postgres/throttle/throttle.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { createSealer } from '@supergraph/runtime/sealed.ts'
import { type ServedSubgraph, serveSubgraph } from '@supergraph/subgraph/serve.ts'
import { ensureFirstAdmin } from './admins/first-admin.ts'
import { startOnPersonForgotten } from './consumers/on-person-forgotten.ts'
import { startOnStaffActed } from './consumers/on-staff-acted.ts'
import { createContext } from './context.ts'
import { createAddressStore } from './database/address-store.ts'
import { createAuditStore } from './database/audit-store.ts'
import { createCredentialStore } from './database/credential-store.ts'
import { createDeletionStore } from './database/deletion-store.ts'
import { createEmailStore } from './database/email-store.ts'
import { createExportReads } from './database/export-reads.ts'
import { createFamiliarNetworks } from './database/familiar-networks.ts'
import { createSendLink } from './database/links.ts'
import { createLoginCompletion } from './database/login-completion.ts'
import { openUsersDatabase } from './database/open.ts'
import { createPasswordResetStore } from './database/password-reset-store.ts'
import { createRoleStore } from './database/role-store.ts'
import { createSessionStore } from './database/session-store.ts'
import { createTotpCodes } from './database/totp-codes.ts'
import { createTotpStore } from './database/totp-store.ts'
import { createUserStore } from './database/user-store.ts'
import { createAccountDeletions } from './deletions/account-deletions.ts'
import { startCarryingOut } from './deletions/carrying-out.ts'
import { hasDemoAccounts, seedDemo } from './demo/demo-accounts.ts'
import { createEmails } from './emails/emails.ts'
import type { Environment } from './environment.ts'
import { createReadGatewayParts } from './exports/gateway-parts.ts'
import { createMyData, myDataPath } from './exports/my-data.ts'
import { createMyDataRoute } from './exports/my-data-route.ts'
import { startHousekeeping } from './housekeeping/housekeeping.ts'
import { startAnsweringRequests } from './password-resets/answering.ts'
import { createPasswordResets } from './password-resets/password-resets.ts'
import { createPasswords } from './passwords/passwords.ts'
import { resolvers } from './resolvers/resolvers.ts'
import { createAccessTokens } from './sessions/access-tokens.ts'
import { createCompleteLogin } from './sessions/complete-login.ts'
import { createLoginThrottle } from './sessions/login-throttle.ts'
import { createSessions } from './sessions/sessions.ts'
import { createTwoFactor } from './two-factor/two-factor.ts'

/** For tests; `onQuery` sees each SQL statement. */
export type Options = {
  readonly onQuery?: ((sql: string) => void) | undefined
  /** Within which time a request for a new password is answered by e-mail. */
  readonly answersWithinMs?: number
}

const service = 'users'

/** Production does not start on a database with demo accounts, because anyone could sign in to them. */
export class DemoAccountsFound extends Error {
  override readonly name = 'DemoAccountsFound'

  constructor() {
    super(
      'the demo accounts with their known password are in this database: start over with another database, or delete them',
    )
  }
}

/** Starts the users subgraph: its database, its housekeeping, the relay of its events, and its GraphQL server at `url`. */
export const startUsers = (
  environment: Environment,
  transport: Transport,
  options: Options = {},
): Promise<ServedSubgraph> =>
  startAll(async use => {
    const logger = createLogger(service, environment.LOG_LEVEL)
    const database = use(
      await openUsersDatabase(environment.DATABASE_URL, {
        directUrl: environment.DATABASE_DIRECT_URL,
        ...options,
      }),
    )

    if (environment.NODE_ENV === 'production' && (await hasDemoAccounts(database)))
      throw new DemoAccountsFound()
    const passwords = createPasswords()
    if (environment.DEMO_DATA) await seedDemo(database, passwords, environment.DEMO_PASSWORD)
    await ensureFirstAdmin(database, passwords, environment)
    const accessTokens = await createAccessTokens(database.background, {
      isStaffTotpRequired: environment.STAFF_TOTP_REQUIRED,
    })
    const users = createUserStore(database)
    const addresses = createAddressStore(database)
    const roles = createRoleStore(database)
    const throttle = createLoginThrottle(
      createThrottle(database),
      createFamiliarNetworks(database),
      environment,
    )
    const sealer = createSealer(environment.LINK_KEYS)
    const sendLink = createSendLink(sealer)
    const store = createSessionStore(database, accessTokens.issuer, sendLink)
    const credentials = createCredentialStore(database)
    const sessions = createSessions({ users, credentials, throttle, store, passwords })
    const codes = createTotpCodes(createSealer(environment.TOTP_KEYS))
    const logins = createLoginCompletion(database, accessTokens.issuer, codes)
    const deletions = createAccountDeletions({
      users,
      credentials,
      throttle,
      passwords,
      store: createDeletionStore(database),
      carryingOut: use(startCarryingOut(database.background, logger)),
      graceSeconds: environment.ACCOUNT_DELETION_GRACE_SECONDS,
    })

    const myData = createMyData({
      sealer,
      publicUrl: environment.PUBLIC_USERS_URL ?? `http://127.0.0.1:${environment.PORT}`,
      throttle,
      reads: createExportReads(database),
      readParts: createReadGatewayParts(environment.GATEWAY_URL),
      issuer: accessTokens.issuer,
    })

    use(startHousekeeping(database.background, logger))
    const answering = use(
      startAnsweringRequests(database.background, sealer, {
        logger,
        withinMs: options.answersWithinMs,
      }),
    )
    const requests = createPasswordResetStore(database)
    const passwordResets = createPasswordResets({ requests, answering, throttle, store, passwords })
    use(startForgetting(database.background, logger))
    use(
      await startRelay({
        database: database.background,
        databaseUrl: database.sessionUrl,
        transport,
        logger,
      }),
    )
    const consuming = { database: database.background, transport, logger }
    for (const start of [startOnStaffActed, startOnPersonForgotten]) use(await start(consuming))
    const services = {
      users,
      addresses,
      roles,
      sessions,
      completeLogin: createCompleteLogin({ logins, throttle }),
      twoFactor: createTwoFactor({
        users,
        credentials,
        passwords,
        throttle,
        store: createTotpStore(database, codes),
        issuer: environment.TOTP_ISSUER,
      }),
      passwordResets,
      emails: createEmails({
        store: createEmailStore(database, sendLink),
        throttle,
        users,
        credentials,
        passwords,
        answering,
      }),
      audit: createAuditStore(database),
      deletions,
      myData,
    }
    return use(
      await serveSubgraph({
        service,
        environment,
        moduleUrl: import.meta.url,
        resolvers,
        createContext: caller => createContext(caller, services),
        routes: { [myDataPath]: createMyDataRoute(myData, logger) },
        documents: { '/.well-known/jwks.json': accessTokens.jwks },
        database: database.background,
        broker: transport.broker,
        logger,
      }),
    )
  })
