import type { LedgerPart, ledgerSettings } from '@supergraph/ledger/databases.ts'
import {
  brokerVariables,
  databaseUrl,
  databaseVariables,
  parseEnvironment,
  port,
  processVariables,
  url,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { hostVariables } from '@supergraph/runtime/hosts.ts'
import { z } from 'zod'

const minKeyLength = 16

/** What people set who look at the console from elsewhere. */
export const consoleVariables = {
  /** Lets read while the shop is away, and its staff can't sign in. */
  CONSOLE_KEY: z
    .string()
    .min(minKeyLength, { error: `put a secret of at least ${minKeyLength} characters there` })
    .optional(),
}

/** The databases whose accounts of an order are compared on its page, if all of them are known. */
const ledgerVariables = {
  USERS_DATABASE_URL: databaseUrl('users').optional(),
  PRODUCTS_DATABASE_URL: databaseUrl('products').optional(),
  ORDERS_DATABASE_URL: databaseUrl('orders').optional(),
  NOTIFICATIONS_DATABASE_URL: databaseUrl('notifications').optional(),
  PAYMENT_SIMULATOR_DATABASE_URL: databaseUrl('payment_simulator').optional(),
} satisfies Readonly<Record<(typeof ledgerSettings)[LedgerPart], z.ZodType>>

const variables = z.object({
  ...processVariables,
  ...hostVariables,
  ...consoleVariables,
  PORT: port(4007).default(4007),
  ...ledgerVariables,
  ...databaseVariables('console'),
  /** Where the console asks the gateway. */
  GATEWAY_URL: url(['http', 'https'], 'http://127.0.0.1:4000/graphql').default(
    'http://127.0.0.1:4000/graphql',
  ),
  /** Where browsers find the gateway, if that is another address. */
  PUBLIC_GATEWAY_URL: url(['http', 'https'], 'https://api.shop.example/graphql').optional(),
  /** Where the metrics of the gateway are, if it runs in another process; the name may stand for several processes. */
  GATEWAY_METRICS_URL: url(['http', 'https'], 'http://gateway:9464/metrics').optional(),
  /** The development mailbox, if e-mail goes there. */
  MAILBOX_URL: url(['http', 'https'], 'http://127.0.0.1:4006').optional(),
  /** Where browsers find the payment simulator, if it takes the payments. */
  PAYMENT_SIMULATOR_URL: url(['http', 'https'], 'http://127.0.0.1:4010').optional(),
  /** An account of the shop with the scope orders:read, with which the pages of orders ask the gateway. */
  STAFF_EMAIL: z.string().optional(),
  STAFF_PASSWORD: z.string().optional(),
  /** The broker that keeps the dead letters. */
  RABBITMQ_URL: brokerVariables.RABBITMQ_URL.optional(),
  RABBITMQ_NAMESPACE: brokerVariables.RABBITMQ_NAMESPACE,
})

/** The settings of the console. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws an EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('console', variables, source)
