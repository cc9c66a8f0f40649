import type { ConsumerQueue } from '@supergraph/messaging/consumer.ts'
import type { EventType } from '@supergraph/messaging/envelope.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { AskInProcess } from '@supergraph/subgraph/in-process.ts'
import type { z } from 'zod'

/** Every process, in the order in which they start. */
export const serviceNames = [
  'payment-simulator',
  'mailbox',
  'users',
  'products',
  'orders',
  'notifications',
  'analytics',
  'gateway',
  'console',
  'registry',
] as const

/** The table of services: a row per process, from which follow all starters, settings, secrets and generated files. */
export const services = {
  'payment-simulator': {
    kind: 'stand-in',
    folder: 'stand-ins/payment-simulator',
    port: 4010,
    hasDatabase: true,
    settings: ({ originOf, paymentSimulatorKey, webhookSecret }) => ({
      STRIPE_API_KEY: paymentSimulatorKey,
      WEBHOOK_SECRET: webhookSecret,
      WEBHOOK_URL: originOf('orders') && `${originOf('orders')}/webhooks/stripe`,
    }),
    ...program(
      () => import('@supergraph/payment-simulator/environment.ts'),
      async () => (await import('@supergraph/payment-simulator/server.ts')).startPaymentSimulator,
    ),
  },
  mailbox: {
    kind: 'stand-in',
    folder: 'stand-ins/mailbox',
    port: 4006,
    smtpPort: 4025,
    settings: ({ portOf, smtpPort, mailDirectory }) => ({
      MAILBOX_PORT: String(portOf('mailbox')),
      MAILBOX_SMTP_PORT: String(smtpPort),
      MAILBOX_DIR: mailDirectory,
    }),
    ...program(
      () => import('@supergraph/mailbox/environment.ts'),
      async () => (await import('@supergraph/mailbox/server.ts')).startMailbox,
    ),
  },
  users: {
    kind: 'subgraph',
    folder: 'subgraphs/users',
    port: 4001,
    hasDatabase: true,
    settings: ({ linkKeys, totpKeys, originOf }) => ({
      LINK_KEYS: linkKeys,
      TOTP_KEYS: totpKeys,
      GATEWAY_URL: graphqlAt(originOf('gateway')),
    }),
    rows: {
      User: 'UserRow',
      Address: 'AddressRow',
      AuditEntry: 'database/audit-store.ts#AuditEntryRow',
      AccountDeletion: 'database/deletion-store.ts#DeletionRow',
    },
    queues: () => import('@supergraph/users/consumers/queues.ts'),
    ...program(
      () => import('@supergraph/users/environment.ts'),
      async () => (await import('@supergraph/users/server.ts')).startUsers,
    ),
  },
  products: {
    kind: 'subgraph',
    folder: 'subgraphs/products',
    port: 4002,
    hasDatabase: true,
    rows: { Product: 'ProductRow' },
    ...program(
      () => import('@supergraph/products/environment.ts'),
      async () => (await import('@supergraph/products/server.ts')).startProducts,
    ),
  },
  orders: {
    kind: 'subgraph',
    folder: 'subgraphs/orders',
    port: 4003,
    hasDatabase: true,
    signsIdentity: true,
    settings: ({ originOf, paymentSimulatorKey, webhookSecret }) => ({
      PRODUCTS_URL: graphqlAt(originOf('products')),
      STRIPE_API_URL: originOf('payment-simulator'),
      STRIPE_API_KEY: originOf('payment-simulator') && paymentSimulatorKey,
      STRIPE_WEBHOOK_SECRETS: originOf('payment-simulator') && webhookSecret,
    }),
    rows: { Order: 'OrderRow', OrderPayment: 'OrderRow' },
    queues: () => import('@supergraph/orders/consumers/queues.ts'),
    ...program(
      () => import('@supergraph/orders/environment.ts'),
      async () => (await import('@supergraph/orders/server.ts')).startOrders,
    ),
  },
  notifications: {
    kind: 'subgraph',
    folder: 'subgraphs/notifications',
    port: 4004,
    hasDatabase: true,
    settings: ({ smtpUrl, linkKeys }) => ({ SMTP_URL: smtpUrl, LINK_KEYS: linkKeys }),
    rows: { Notification: 'NotificationRow' },
    queues: () => import('@supergraph/notifications/consumers/queues.ts'),
    ...program(
      () => import('@supergraph/notifications/environment.ts'),
      async () => (await import('@supergraph/notifications/server.ts')).startNotifications,
    ),
  },
  analytics: {
    kind: 'subgraph',
    folder: 'subgraphs/analytics',
    port: 4005,
    hasDatabase: true,
    rows: { SalesSummary: 'database/sales-reads.ts#Days' },
    queues: () => import('@supergraph/analytics/consumers/queues.ts'),
    ...program(
      () => import('@supergraph/analytics/environment.ts'),
      async () => (await import('@supergraph/analytics/server.ts')).startAnalytics,
    ),
  },
  gateway: {
    kind: 'gateway',
    folder: 'gateway',
    port: 4000,
    signsIdentity: true,
    settings: ({ originOf }) => ({
      JWKS_URL: at('/.well-known/jwks.json', originOf('users')),
      ...Object.fromEntries(
        subgraphNames().map(name => [`${prefixOf(name)}_URL`, graphqlAt(originOf(name))]),
      ),
    }),
    listensTo: () => import('@supergraph/gateway/listens-to.ts'),
    ...programBeside(
      () => import('@supergraph/gateway/environment.ts'),
      async () => (await import('@supergraph/gateway/server.ts')).startGateway,
    ),
  },
  console: {
    kind: 'console',
    folder: 'console',
    port: 4007,
    hasDatabase: true,
    settings: ({ originOf }) => ({
      GATEWAY_URL: graphqlAt(originOf('gateway')),
      MAILBOX_URL: originOf('mailbox'),
    }),
    ...programBeside(
      () => import('@supergraph/console/environment.ts'),
      async () => {
        const { startConsole } = await import('@supergraph/console/server.ts')
        return (environment, _transport, neighbours) => startConsole(environment, neighbours)
      },
    ),
  },
  registry: {
    kind: 'registry',
    folder: 'registry',
    port: 4008,
    hasDatabase: true,
    ...program(
      () => import('@supergraph/registry/environment.ts'),
      async () => (await import('@supergraph/registry/server.ts')).startRegistry,
    ),
  },
} as const satisfies Readonly<Record<ServiceName, Service>>

export type ServiceName = (typeof serviceNames)[number]

/** A service that has a database of its own. */
export type StatefulName = {
  readonly [Name in ServiceName]: (typeof services)[Name] extends { readonly hasDatabase: true }
    ? Name
    : never
}[ServiceName]

/** A service that signs identity tokens. */
export type SignerName = {
  readonly [Name in ServiceName]: (typeof services)[Name] extends { readonly signsIdentity: true }
    ? Name
    : never
}[ServiceName]

/** A row of the table. */
export type Service = {
  readonly kind: 'subgraph' | 'stand-in' | 'gateway' | 'console' | 'registry'
  /** Where its `main.ts` is. */
  readonly folder: string
  /** Its port unless told otherwise. */
  readonly port: number
  /** The port on which it takes e-mail, if it does. */
  readonly smtpPort?: number
  readonly hasDatabase?: true
  /** Whether it signs identity tokens, by which others know it. */
  readonly signsIdentity?: true
  /** The settings that follow from the services around it; an undefined one is not set. */
  readonly settings?: (around: Surroundings) => Variables
  /** Which row its resolvers get for a GraphQL type, by the name it has in `database/tables.ts` or in the file before the `#`. */
  readonly rows?: Readonly<Record<string, string>>
  /** The durable queues that it consumes. */
  readonly queues?: () => Promise<{ readonly queues: Readonly<Record<string, ConsumerQueue>> }>
  /** The events that each of its processes hears on a passing queue of its own. */
  readonly listensTo?: () => Promise<{ readonly listensTo: readonly EventType[] }>
} & Program

/** What surrounds a service. */
export type Surroundings = {
  /**
   * Where a service answers or will answer, such as `http://127.0.0.1:4002`; the places of several replicas are separated by
   * commas; undefined if it does not run.
   */
  readonly originOf: (service: ServiceName) => string | undefined
  readonly portOf: (service: ServiceName) => number
  readonly databaseUrlOf: (service: StatefulName) => string | undefined
  /** Where PostgreSQL itself is, if the URL of the database leads to a pooler. */
  readonly directUrlOf?: (service: StatefulName) => string | undefined
  /** The public keys of all who sign identity tokens. */
  readonly identityIssuers: string
  readonly identityKeyOf: (service: SignerName) => string | undefined
  /** The keys that seal the tokens of links in e-mails, for whoever makes them and whoever writes the e-mails. */
  readonly linkKeys: string
  /** The keys that seal the secrets of the apps that make codes. */
  readonly totpKeys: string
  /** The key that the payment simulator takes. */
  readonly paymentSimulatorKey: string
  /** The secret with which the payment simulator signs its webhooks. */
  readonly webhookSecret: string
  /** Where the mailbox takes e-mail; undefined if it does not run. */
  readonly smtpUrl: string | undefined
  readonly smtpPort: number
  /** Where the mailbox keeps its messages; undefined keeps them in memory. */
  readonly mailDirectory: string | undefined
}

/** The settings of a service that follow from what surrounds it. */
export const settingsOf = (name: ServiceName, around: Surroundings): Variables => {
  const { kind, settings }: Service = services[name]
  const own: Variables = {
    PORT: String(around.portOf(name)),
    ...(hasDatabase(name) && {
      DATABASE_URL: around.databaseUrlOf(name),
      DATABASE_DIRECT_URL: around.directUrlOf?.(name),
    }),
    ...(kind === 'subgraph' && { IDENTITY_ISSUERS: around.identityIssuers }),
    ...(signsIdentity(name) && { IDENTITY_KEY: around.identityKeyOf(name) }),
    ...settings?.(around),
  }
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
}

/** All services that have a database, in the order in which they start. */
export const statefulNames = (): readonly StatefulName[] => serviceNames.filter(hasDatabase)

/** All services that sign identity tokens. */
export const signerNames = (): readonly SignerName[] => serviceNames.filter(signsIdentity)

/** `payment-simulator` → `payment_simulator`: the name of a service's database and of the role that owns it. */
export const databaseNameOf = (name: StatefulName): string => name.replaceAll('-', '_')

export const hasDatabase = (name: ServiceName): name is StatefulName => 'hasDatabase' in services[name]

const signsIdentity = (name: ServiceName): name is SignerName => 'signsIdentity' in services[name]

/** The names of all subgraphs. */
export const subgraphNames = (): readonly ServiceName[] =>
  serviceNames.filter(name => services[name].kind === 'subgraph')

/** `payment-simulator` → `PAYMENT_SIMULATOR`: how the names of a service's settings begin. */
export type Prefix<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${Uppercase<First>}_${Prefix<Rest>}`
  : Uppercase<Name>

export const prefixOf = <Name extends ServiceName>(name: Name): Prefix<Name> => {
  const prefix = name.toUpperCase().replaceAll('-', '_')
  if (isPrefixOf(name, prefix)) return prefix
  throw new Error(`${name} has no prefix`)
}

const isPrefixOf = <Name extends ServiceName>(name: Name, text: string): text is Prefix<Name> =>
  text.toLowerCase().replaceAll('_', '-') === name

const graphqlAt = (origins: string | undefined): string | undefined => at('/graphql', origins)

const at = (path: string, origins: string | undefined): string | undefined =>
  origins?.replaceAll(/[^,]+/g, origin => `${origin}${path}`)

type Program = {
  /** The code that knows its settings. */
  readonly importEnvironment: () => Promise<EnvironmentModule<Readonly<Record<string, unknown>>>>
  /** Reads the settings; throws an EnvironmentError that names every mistake. */
  readonly readEnvironment: (variables: Variables) => Promise<Readonly<Record<string, unknown>>>
  /** Starts it in this process, beside the subgraphs that have started there. */
  readonly start: (variables: Variables, transport: Transport, neighbours?: Neighbours) => Promise<Started>
}

type EnvironmentModule<Environment> = {
  readonly readEnvironment: (source: Variables) => Environment
  /** The schema of the settings, each with what it is for. */
  readonly variables: z.ZodObject
  /** What is taken in development for what is not set. */
  readonly developmentDefaults?: Readonly<Record<string, string>>
}

/** A service that was started in this process. */
type Started = Running & {
  /** Where it answers. */
  readonly url: string
  /** Where it takes e-mail. */
  readonly smtpUrl?: string
  /** The direct way into it, if it is a subgraph. */
  readonly askInProcess?: AskInProcess
}

type Neighbours = {
  readonly inProcess: ReadonlyMap<string, AskInProcess>
  /** The databases in whose outboxes dead letters lie, if there is no broker. */
  readonly outboxUrls?: readonly string[]
}

/** n.b. imported when it is called: a command that needs only names and ports loads no service. */
function program<Environment extends Readonly<Record<string, unknown>>, S extends Started>(
  importEnvironment: () => Promise<EnvironmentModule<Environment>>,
  importStart: () => Promise<(environment: Environment, transport: Transport) => Promise<S>>,
) {
  return programBeside(importEnvironment, async () => {
    const start = await importStart()
    return (environment, transport) => start(environment, transport)
  })
}

/** A program that is told of the subgraphs that run in the same process. */
function programBeside<Environment extends Readonly<Record<string, unknown>>, S extends Started>(
  importEnvironment: () => Promise<EnvironmentModule<Environment>>,
  importStart: () => Promise<
    (environment: Environment, transport: Transport, neighbours?: Neighbours) => Promise<S>
  >,
) {
  const readEnvironment = async (variables: Variables) =>
    (await importEnvironment()).readEnvironment(variables)
  return {
    importEnvironment,
    readEnvironment,
    start: async (variables: Variables, transport: Transport, neighbours?: Neighbours): Promise<S> => {
      const start = await importStart()
      return start(await readEnvironment(variables), transport, neighbours)
    },
  }
}
