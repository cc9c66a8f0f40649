import { readEnvironment as readAnalyticsEnvironment } from '@supergraph/analytics/environment.ts'
import { startAnalytics } from '@supergraph/analytics/server.ts'
import { readEnvironment as readGatewayEnvironment } from '@supergraph/gateway/environment.ts'
import { startGateway } from '@supergraph/gateway/server.ts'
import { readEnvironment as readMailboxEnvironment } from '@supergraph/mailbox/environment.ts'
import { startMailbox } from '@supergraph/mailbox/server.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { readEnvironment as readNotificationsEnvironment } from '@supergraph/notifications/environment.ts'
import { startNotifications } from '@supergraph/notifications/server.ts'
import { readEnvironment as readOrdersEnvironment } from '@supergraph/orders/environment.ts'
import { startOrders } from '@supergraph/orders/server.ts'
import { readEnvironment as readPaymentSimulatorEnvironment } from '@supergraph/payment-simulator/environment.ts'
import { startPaymentSimulator } from '@supergraph/payment-simulator/server.ts'
import { startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import { readEnvironment as readProductsEnvironment } from '@supergraph/products/environment.ts'
import { startProducts } from '@supergraph/products/server.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { runProcess, startAll, type Use } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { readEnvironment as readUsersEnvironment } from '@supergraph/users/environment.ts'
import { startUsers } from '@supergraph/users/server.ts'
import { mailDirectory, postgresDirectory, readSecrets, type Secrets } from './embedded/data-directory.ts'
import { doors } from './embedded/doors.ts'
import { keepsMail } from './embedded/mail.ts'
import { simulatesPayments } from './embedded/payments.ts'
import { checkPorts } from './embedded/ports.ts'
import { help, readSettings, type Service, type Settings, services } from './embedded/settings.ts'

/** Starts the whole system in this process: databases, transport, payment simulator, mailbox, subgraphs, gateway. */
export const startSupergraph = (variables: Variables) =>
  startAll(async use => {
    const settings = readSettings(variables)
    const isSimulated = simulatesPayments(settings)
    const started = services.filter(service => service !== 'PAYMENT_SIMULATOR' || isSimulated)
    const hasMailbox = keepsMail(settings)
    await checkPorts(settings, [
      'PORT',
      ...started.map(service => `${service}_PORT` as const),
      ...(hasMailbox ? (['MAILBOX_PORT', 'MAILBOX_SMTP_PORT'] as const) : []),
    ])
    const secrets = await readSecrets(settings.DATA_DIR)
    const databases = await openDatabases(use, settings, secrets, started)
    const { transport, open } = await openTransport(use, settings)

    const of = (service: Service): Variables => ({
      ...variables,
      NODE_ENV: settings.NODE_ENV,
      LOG_LEVEL: settings.LOG_LEVEL,
      DEMO_DATA: String(settings.DEMO_DATA),
      PORT: String(settings[`${service}_PORT`]),
      DATABASE_URL: databases.get(service),
      IDENTITY_ISSUERS: secrets.identityIssuers,
    })
    const simulated = { STRIPE_API_KEY: secrets.paymentSimulatorKey }
    const simulator = isSimulated
      ? use(
          await startPaymentSimulator(
            readPaymentSimulatorEnvironment({ ...of('PAYMENT_SIMULATOR'), ...simulated }),
          ),
        )
      : undefined
    const users = use(await startUsers(readUsersEnvironment(of('USERS')), transport))
    const products = use(await startProducts(readProductsEnvironment(of('PRODUCTS')), transport))
    const orders = use(
      await startOrders(
        readOrdersEnvironment({
          ...of('ORDERS'),
          IDENTITY_KEY: secrets.identityKeys.orders,
          PRODUCTS_URL: products.url,
          ...(simulator && { ...simulated, STRIPE_API_URL: simulator.url }),
        }),
        transport,
      ),
    )
    const mailbox = hasMailbox
      ? use(
          await startMailbox(
            readMailboxEnvironment({
              ...variables,
              LOG_LEVEL: settings.LOG_LEVEL,
              MAILBOX_DIR: mailDirectory(settings.DATA_DIR),
            }),
          ),
        )
      : undefined
    const notifications = use(
      await startNotifications(
        readNotificationsEnvironment({
          ...of('NOTIFICATIONS'),
          ...(mailbox && { SMTP_URL: mailbox.smtpUrl }),
        }),
        transport,
      ),
    )
    const analytics = use(await startAnalytics(readAnalyticsEnvironment(of('ANALYTICS')), transport))
    const gateway = use(
      await startGateway(
        readGatewayEnvironment({
          ...variables,
          NODE_ENV: settings.NODE_ENV,
          LOG_LEVEL: settings.LOG_LEVEL,
          PORT: String(settings.PORT),
          IDENTITY_KEY: secrets.identityKeys.gateway,
          JWKS_URL: new URL('/.well-known/jwks.json', users.url).href,
          USERS_URL: users.url,
          PRODUCTS_URL: products.url,
          ORDERS_URL: orders.url,
          NOTIFICATIONS_URL: notifications.url,
          ANALYTICS_URL: analytics.url,
        }),
        transport,
      ),
    )
    open()
    return {
      settings,
      gateway: gateway.url,
      subgraphs: {
        users: users.url,
        products: products.url,
        orders: orders.url,
        notifications: notifications.url,
        analytics: analytics.url,
      },
      paymentSimulator: simulator?.url,
      mailbox: mailbox?.url,
    }
  })

/** A database URL per started service: the one that its setting gives, else one on the embedded PostgreSQL. */
const openDatabases = async (
  use: Use,
  settings: Settings,
  secrets: Secrets,
  started: readonly Service[],
): Promise<ReadonlyMap<Service, string>> => {
  const given = (service: Service) => settings[`${service}_DATABASE_URL`]
  const embedded = started.every(given)
    ? undefined
    : use(
        await startEmbeddedPostgres({
          directory: postgresDirectory(settings.DATA_DIR),
          password: secrets.postgresPassword,
          onUnexpectedEnd: () => {
            console.error('the embedded PostgreSQL ended unexpectedly; run npm start again')
            process.exit(1)
          },
        }),
      )
  const open = async (service: Service) => {
    const url =
      given(service) ??
      (await embedded?.ensureDatabase(service.toLowerCase(), secrets.databasePasswords[service]))
    if (url === undefined) throw new Error(`no database for ${service}`)
    return url
  }
  const urls = new Map<Service, string>()
  for (const service of started) urls.set(service, await open(service))
  return urls
}

/** The broker that the setting names, else events within this process, which flow once `open` is called. */
const openTransport = async (
  use: Use,
  { RABBITMQ_URL, RABBITMQ_NAMESPACE, LOG_LEVEL }: Settings,
): Promise<{ readonly transport: Transport; readonly open: () => void }> => {
  const logger = createLogger('messaging', LOG_LEVEL)
  if (RABBITMQ_URL !== undefined) {
    return {
      transport: use(await connectRabbitMq({ url: RABBITMQ_URL, namespace: RABBITMQ_NAMESPACE, logger })),
      open: () => {},
    }
  }
  const transport = use(createInProcessTransport({ logger, startsOpen: false }))
  return { transport, open: () => transport.open() }
}

if (import.meta.main) {
  if (process.argv.includes('--help')) console.log(help)
  else {
    console.log('starting; the first time takes a few seconds more …')
    await runProcess(
      () => startSupergraph(process.env),
      supergraph => console.log(doors(supergraph)),
    )
  }
}
