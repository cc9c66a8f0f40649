import { join } from 'node:path'
import { consoleVariables } from '@supergraph/console/environment.ts'
import { tuningVariables } from '@supergraph/gateway/tuning.ts'
import { metricsVariables } from '@supergraph/metrics/serve.ts'
import { mailLimitVariables, mailVariables } from '@supergraph/notifications/environment.ts'
import { orderLimitVariables } from '@supergraph/orders/environment.ts'
import { pageVariables } from '@supergraph/payment-simulator/environment.ts'
import { reservationVariables } from '@supergraph/products/environment.ts'
import {
  brokerVariables,
  databaseUrl,
  flag,
  parseEnvironment,
  port,
  processVariables,
  url,
  urls,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { accountLimitVariables, accountVariables } from '@supergraph/users/environment.ts'
import { z } from 'zod'
import {
  databaseNameOf,
  type Prefix,
  prefixOf,
  type ServiceName,
  type StatefulName,
  serviceNames,
  services,
  statefulNames,
  subgraphNames,
} from '../services.ts'
import { recordOf } from './records.ts'

/** A setting that names a port to listen on. */
export type PortSetting = 'PORT' | 'MAILBOX_SMTP_PORT' | `${Prefix<Exclude<ServiceName, 'gateway'>>}_PORT`

/** The setting of a service's port; the gateway's, which people use, has no prefix. */
export const portSettingOf = (name: ServiceName): PortSetting =>
  name === 'gateway' ? 'PORT' : `${prefixOf(name)}_PORT`

/** The setting of a service's database. */
export const databaseSettingOf = (name: StatefulName): `${Prefix<StatefulName>}_DATABASE_URL` =>
  `${prefixOf(name)}_DATABASE_URL`

/** The setting that says where PostgreSQL itself is, if that of the database leads to a pooler. */
export const directSettingOf = (name: StatefulName): `${Prefix<StatefulName>}_DATABASE_DIRECT_URL` =>
  `${prefixOf(name)}_DATABASE_DIRECT_URL`

/** The setting that says where a service answers that runs in another process. */
export const urlSettingOf = (name: ServiceName): `${Prefix<ServiceName>}_URL` => `${prefixOf(name)}_URL`

const portOf = (number: number) => port(number).default(number)

/** What `npm start` can be told; everything has a default. */
const variables = z
  .object({
    ...processVariables,
    LOG_LEVEL: processVariables.LOG_LEVEL.unwrap().default('warn'),
    ...recordOf(serviceNames, portSettingOf, name => portOf(services[name].port)),
    MAILBOX_SMTP_PORT: portOf(services.mailbox.smtpPort),
    ...recordOf(serviceNames, urlSettingOf, name =>
      (services[name].kind === 'subgraph' ? urls : url)(['http', 'https'], 'http://10.0.0.5:4001').optional(),
    ),
    ...recordOf(statefulNames(), databaseSettingOf, name => databaseUrl(databaseNameOf(name)).optional()),
    ...recordOf(statefulNames(), directSettingOf, name => databaseUrl(databaseNameOf(name)).optional()),
    PAYMENT_SIMULATOR: flag.optional(),
    STRIPE_API_KEY: z.string().optional(),
    STRIPE_API_URL: z.string().optional(),
    STRIPE_WEBHOOK_SECRETS: z.string().optional(),
    SIMULATOR_URL: pageVariables.SIMULATOR_URL,
    SMTP_URL: mailVariables.SMTP_URL.optional(),
    MAIL_FROM: mailVariables.MAIL_FROM.optional(),
    SHOP_URL: mailVariables.SHOP_URL.optional(),
    ...brokerVariables,
    RABBITMQ_URL: brokerVariables.RABBITMQ_URL.optional(),
    DATA_DIR: z.string().default(join(import.meta.dirname, '..', '.data')),
    DEMO_DATA: flag.optional(),
    CONSOLE: flag.optional(),
    REGISTRY: flag.optional(),
    ...metricsVariables,
    ...consoleVariables,
    ...accountVariables,
    ...accountLimitVariables,
    ...orderLimitVariables,
    ...mailLimitVariables,
    ...reservationVariables,
    ...tuningVariables,
  })
  .superRefine((settings, context) => {
    for (const name of statefulNames()) {
      if (settings[directSettingOf(name)] === undefined || settings[databaseSettingOf(name)] !== undefined)
        continue
      const message = `put the URL of its pooler into ${databaseSettingOf(name)}, or this one if there is no pooler`
      context.addIssue({ code: 'custom', path: [directSettingOf(name)], message })
    }
  })

export type Settings = z.output<typeof variables> &
  Readonly<Record<'DEMO_DATA' | 'CONSOLE' | 'REGISTRY', boolean>>

export const readSettings = (source: Variables): Settings => {
  const settings = parseEnvironment('the supergraph', variables, source)
  const isDevelopment = settings.NODE_ENV !== 'production'
  return {
    ...settings,
    DEMO_DATA: settings.DEMO_DATA ?? isDevelopment,
    CONSOLE: settings.CONSOLE ?? isDevelopment,
    REGISTRY: settings.REGISTRY ?? isDevelopment,
  }
}

/** Names, separated by commas, in lines that a terminal has room for. */
const listed = (names: readonly string[]): string => names.join(', ').replace(/(.{70,90},) /g, '$1\n  ')

export const help = `npm start

Starts the gateway, the subgraphs, a payment simulator, a mailbox, the console, the registry and an embedded PostgreSQL in one
process, with demo data. Everything is kept in .data; npm run reset starts over.

  --only NAMES       runs only these services in this process, such as notifications,analytics (docs/groupings.md)
  --except NAMES     runs all services but these; NAMES are ${listed(serviceNames)}

Settings, all optional:

  PORT               the gateway's port (4000)
  ${listed(subgraphNames().map(portSettingOf))}
                     the subgraphs' ports (${subgraphNames()
                       .map(name => services[name].port)
                       .join(', ')})
  ${listed(serviceNames.map(urlSettingOf))}
                     where services answer that run elsewhere, if not on this machine and at their ports; several
                     replicas of a subgraph are separated by commas
  PAYMENT_SIMULATOR_PORT
                     the payment simulator's port (4010)
  CONSOLE            true or false: start the console (true in development), which shows what happens inside
  CONSOLE_PORT       its port (4007)
  CONSOLE_KEY        a secret that lets read there while the shop is away; staff signs in with its accounts (none)
  REGISTRY           true or false: start the schema registry (true in development), which rover talks to (docs/registry.md)
  REGISTRY_PORT      its port (4008)
  HOST               the address to listen on (127.0.0.1)
  METRICS_PORT, METRICS_HOST
                     where Prometheus finds metrics of everything, at /metrics (no port: nowhere; 127.0.0.1)
  ${listed(statefulNames().map(databaseSettingOf))}
                     PostgreSQL databases of your own, instead of the embedded ones; where one of these leads to a pooler, the
                     setting that ends in _DATABASE_DIRECT_URL leads to PostgreSQL itself (docs/running.md)
  STRIPE_API_KEY     a secret key of Stripe's (sk_test_… or sk_live_…): payments go there, and nothing is simulated
  STRIPE_API_URL     where that key's API is (https://api.stripe.com)
  STRIPE_WEBHOOK_SECRETS
                     with what Stripe signs its webhooks to port 4003 (whsec_…, separated by commas); none are taken without
  PAYMENT_SIMULATOR  true: simulate payments in production as well, which otherwise wants a STRIPE_API_KEY
  SIMULATOR_URL      where browsers find the pages of the payment simulator (its HOST and port)
  SMTP_URL           a mail server (smtp://user:password@host:port), which production wants: e-mail goes there, and no
                     mailbox is started
  MAIL_FROM          who e-mail is from, such as Shop <shop@example.com>
  SHOP_URL           where the links in e-mails lead, and where customers come back to who have approved a payment
                     (http://127.0.0.1:3000)
  MAILBOX_PORT, MAILBOX_SMTP_PORT
                     the mailbox's page (4006), and where it takes e-mail (4025)
  RABBITMQ_URL       a RabbitMQ, instead of the in-process transport
  RABBITMQ_NAMESPACE comes before its exchange's and queues' names, to share a broker (none)
  ACCOUNT_DELETION_GRACE_SECONDS
                     for how long the deletion of an account can be cancelled (604800, which is 7 days)
  RESERVATION_TTL_SECONDS
                     how long an order may hold stock before it is paid (900)
  DATA_DIR           where the embedded data is kept (.data)
  NODE_ENV           development or production; production has no explorers and no demo shop (development)
  DEMO_DATA          true or false: fill empty databases with the demo shop (true in development)
  DEMO_PASSWORD      the password of the demo accounts, taken when they are made (supergraph-demo)
  ADMIN_EMAIL, ADMIN_PASSWORD
                     the first admin's account, where there is no admin yet
  ${listed(Object.keys({ ...accountLimitVariables, ...orderLimitVariables, ...mailLimitVariables }))}
                     limits, such as 20/1h: 20 at once, and one more every three minutes (docs/running.md)
  OTEL_EXPORTER_OTLP_ENDPOINT
                     where traces are sent besides the console (docs/observability.md)
  LOG_LEVEL          trace, debug, info, warn, error or silent (warn)

The gateway's (gateway/README.md):
  ${listed(Object.keys(tuningVariables))}`
