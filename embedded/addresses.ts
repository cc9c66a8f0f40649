import { demoAccounts } from '@supergraph/demo/demo-accounts.ts'
import { type ServiceName, subgraphNames } from '../services.ts'
import type { Settings } from './settings.ts'

type Row = readonly [name: string, value: string]

/** What `npm start` prints when everything runs: every address, and the demo accounts. */
export const listAddresses = ({
  urls,
  elsewhere,
  metrics,
  settings,
}: {
  /** Where the services of this process answer. */
  readonly urls: ReadonlyMap<ServiceName, string>
  /** The services that are expected in other processes. */
  readonly elsewhere: readonly ServiceName[]
  readonly metrics: string | undefined
  readonly settings: Settings
}): string => {
  const { DEMO_DATA, DEMO_PASSWORD, NODE_ENV, RABBITMQ_URL, SMTP_URL } = settings
  const here = (name: ServiceName, row: (url: string) => Row): readonly Row[] => {
    const url = urls.get(name)
    return url === undefined ? [] : [row(url)]
  }
  const gateway = urls.get('gateway')
  const rows: readonly Row[] = [
    ...(gateway === undefined ? [] : doorsOf(gateway, NODE_ENV)),
    ...here('console', url => ['console', `${url}   (what happens inside)`]),
    ...here('registry', url => ['registry', `${url}   (rover talks to it: docs/registry.md)`]),
    ...(metrics === undefined ? [] : ([['metrics', `${metrics}   (for Prometheus)`]] as const)),
    ...here('gateway', url => ['Subscriptions', `${url.replace(/^http/, 'ws')}   (graphql-transport-ws)`]),
    ...subgraphNames().flatMap(name => here(name, url => [name, `${url}   (for the gateway alone)`])),
    ...(settings.STRIPE_API_KEY === undefined
      ? here('payment-simulator', url => [
          'payments',
          `${url}/simulator   (simulated; set STRIPE_API_KEY for Stripe)`,
        ])
      : ([['payments', `Stripe at ${settings.STRIPE_API_URL ?? 'https://api.stripe.com'}`]] as const)),
    ...(SMTP_URL === undefined
      ? here('mailbox', url => ['e-mail', `${url}   (kept in a mailbox; set SMTP_URL to send it)`])
      : ([['e-mail', `sent through ${new URL(SMTP_URL).host}`]] as const)),
    ['events', RABBITMQ_URL === undefined ? 'in process' : `RabbitMQ at ${new URL(RABBITMQ_URL).host}`],
    ...(elsewhere.length === 0 ? [] : ([['elsewhere', elsewhere.join(', ')]] as const)),
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

const doorsOf = (gateway: string, mode: Settings['NODE_ENV']): readonly Row[] => [
  ...(mode === 'production'
    ? []
    : ([['start here', `${new URL('/', gateway).href}   (leads to all that follows)`]] as const)),
  ['GraphQL', gateway],
  ...(mode === 'production'
    ? []
    : ([
        ['Sandbox', `${gateway}   (in a browser; needs the internet)`],
        ['GraphiQL', `${new URL('/graphiql', gateway).href}   (works offline, subscriptions included)`],
      ] as const)),
]
