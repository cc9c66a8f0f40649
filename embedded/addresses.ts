import { demoAccounts } from '@supergraph/demo/demo-accounts.ts'
import type { Settings } from './settings.ts'

/** What `npm start` prints when everything runs: every address, and the demo accounts. */
export const listAddresses = ({
  gateway,
  subgraphs,
  paymentSimulator,
  mailbox,
  console,
  registry,
  metrics,
  settings,
}: {
  readonly gateway: string
  readonly subgraphs: Readonly<Record<string, string>>
  readonly paymentSimulator: string | undefined
  readonly mailbox: string | undefined
  readonly console: string | undefined
  readonly registry: string | undefined
  readonly metrics: string | undefined
  readonly settings: Settings
}): string => {
  const { DEMO_DATA, DEMO_PASSWORD, NODE_ENV, RABBITMQ_URL, SMTP_URL, STRIPE_API_URL } = settings
  const rows: readonly (readonly [string, string])[] = [
    ...(NODE_ENV === 'production'
      ? []
      : ([['start here', `${new URL('/', gateway).href}   (leads to all that follows)`]] as const)),
    ['GraphQL', gateway],
    ...(NODE_ENV === 'production'
      ? []
      : ([
          ['Sandbox', `${gateway}   (in a browser; needs the internet)`],
          ['GraphiQL', `${new URL('/graphiql', gateway).href}   (works offline, subscriptions included)`],
        ] as const)),
    ...(console === undefined ? [] : ([['console', `${console}   (what happens inside)`]] as const)),
    ...(registry === undefined
      ? []
      : ([['registry', `${registry}   (rover talks to it: docs/registry.md)`]] as const)),
    ...(metrics === undefined ? [] : ([['metrics', `${metrics}   (for Prometheus)`]] as const)),
    ['Subscriptions', `${gateway.replace(/^http/, 'ws')}   (graphql-transport-ws)`],
    ...Object.entries(subgraphs).map(([name, url]) => [name, `${url}   (for the gateway alone)`] as const),
    [
      'payments',
      paymentSimulator === undefined
        ? `Stripe at ${STRIPE_API_URL ?? 'https://api.stripe.com'}`
        : `${paymentSimulator}   (simulated; set STRIPE_API_KEY for Stripe)`,
    ],
    [
      'e-mail',
      mailbox === undefined
        ? `sent through ${new URL(SMTP_URL ?? '').host}`
        : `${mailbox}   (kept in a mailbox; set SMTP_URL to send it)`,
    ],
    ['events', RABBITMQ_URL === undefined ? 'in process' : `RabbitMQ at ${new URL(RABBITMQ_URL).host}`],
    ...(DEMO_DATA
      ? demoAccounts.map(({ role, email }) => [role, `${email} / ${DEMO_PASSWORD}`] as const)
      : []),
  ]
  return [
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(14)}${value}`),
    '',
    '  Ctrl-C stops it.',
    '',
  ].join('\n')
}
