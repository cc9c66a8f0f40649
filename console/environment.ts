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
  CONSOLE_KEY: z
    .string()
    .min(minKeyLength, { error: `put a secret of at least ${minKeyLength} characters there` })
    .optional()
    .meta({ description: 'lets read while the shop is away, and its staff can not sign in', secret: true }),
}

/** The databases whose accounts of an order are compared on its page, if all of them are known. */
const ledgerVariables = {
  USERS_DATABASE_URL: databaseUrl('users').optional().meta({
    description: 'the database of users: with all five, the page of an order [compares them](console.md)',
    secret: true,
  }),
  PRODUCTS_DATABASE_URL: databaseUrl('products')
    .optional()
    .meta({ description: 'the database of products: see `USERS_DATABASE_URL`', secret: true }),
  ORDERS_DATABASE_URL: databaseUrl('orders')
    .optional()
    .meta({ description: 'the database of orders: see `USERS_DATABASE_URL`', secret: true }),
  NOTIFICATIONS_DATABASE_URL: databaseUrl('notifications')
    .optional()
    .meta({ description: 'the database of notifications: see `USERS_DATABASE_URL`', secret: true }),
  PAYMENT_SIMULATOR_DATABASE_URL: databaseUrl('payment_simulator')
    .optional()
    .meta({ description: 'the database of the payment simulator: see `USERS_DATABASE_URL`', secret: true }),
} satisfies Readonly<Record<(typeof ledgerSettings)[LedgerPart], z.ZodType>>

/** The schema of the settings, each with what it is for. */
export const variables = z.object({
  ...processVariables,
  ...hostVariables,
  ...consoleVariables,
  PORT: port(4007).default(4007).describe('the port to listen on'),
  ...ledgerVariables,
  ...databaseVariables('console'),
  GATEWAY_URL: url(['http', 'https'], 'http://127.0.0.1:4000/graphql')
    .default('http://127.0.0.1:4000/graphql')
    .describe('where the console asks the gateway'),
  PUBLIC_GATEWAY_URL: url(['http', 'https'], 'https://api.shop.example/graphql')
    .optional()
    .describe('where browsers find the gateway, if that is another address'),
  GATEWAY_METRICS_URL: url(['http', 'https'], 'http://gateway:9464/metrics')
    .optional()
    .describe(
      'where the metrics of the gateway are, if it runs in another process; the name may stand for several processes',
    ),
  MAILBOX_URL: url(['http', 'https'], 'http://127.0.0.1:4006')
    .optional()
    .describe('the development mailbox, if e-mail goes there'),
  PAYMENT_SIMULATOR_URL: url(['http', 'https'], 'http://127.0.0.1:4010')
    .optional()
    .describe('where browsers find the payment simulator, if it takes the payments'),
  STAFF_EMAIL: z
    .string()
    .optional()
    .describe(
      'an account of the shop with the scope `orders:read`, with which the pages of orders ask the gateway',
    ),
  STAFF_PASSWORD: z.string().optional().meta({ description: 'the password of `STAFF_EMAIL`', secret: true }),
  /** The broker that keeps the dead letters. */
  RABBITMQ_URL: brokerVariables.RABBITMQ_URL.optional(),
  RABBITMQ_NAMESPACE: brokerVariables.RABBITMQ_NAMESPACE,
})

/** The settings of the console. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws an EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('console', variables, source)
