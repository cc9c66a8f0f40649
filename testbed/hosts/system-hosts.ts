import type { Variables } from '@supergraph/runtime/environment.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { ServiceName } from '../../services.ts'
import { type Plan, type PlanOptions, type ProcessName, serviceOf } from '../system/plan.ts'
import type { ProcessOptions } from '../system/processes.ts'
import { type HostNetwork, startNetwork } from './network.ts'

const hosts = ['edge', 'shop', 'news'] as const
const here = ['outside', 'database', 'broker'] as const

/** A host of a system that is spread over several; outside are the customers and whoever tests. */
export type HostName = (typeof hosts | typeof here)[number]

/** The hosts that a system is spread over. */
export type SystemHosts = HostNetwork<HostName>

/** Starts three hosts for the processes of a system; its PostgreSQL, its broker and its customers have an address each. */
export const startSystemHosts = (): Promise<SystemHosts & Running> => startNetwork<HostName>({ hosts, here })

/** The hosts of services that are not among the news. n.b. the console lets developers in from its own machine alone, which whoever tests is on too. */
const elsewhere: { readonly [Name in ServiceName]?: (typeof hosts)[number] | 'outside' } = {
  gateway: 'edge',
  users: 'shop',
  products: 'shop',
  orders: 'shop',
  'payment-simulator': 'shop',
  console: 'outside',
}

const hostOf = (process: ProcessName) => elsewhere[serviceOf(process)] ?? 'news'

/** Options of a system that put each process on its host. */
export const placedOn = ({ addressOf, commandOn }: SystemHosts) =>
  ({
    hostOf: process => {
      const host = hostOf(process)
      return host === 'outside' ? '127.0.0.1' : addressOf(host)
    },
    launcherOf: process => {
      const host = hostOf(process)
      return host === 'outside' ? undefined : commandOn(host)
    },
  }) satisfies Partial<PlanOptions & ProcessOptions>

/** What processes are told so that all that they name is reached from the other hosts. */
export const placedSettings = (
  { addressOf }: SystemHosts,
  service: ServiceName,
  originOf: Plan['originOf'],
): Variables => ({
  ...(service === 'console' && { HOST: '0.0.0.0' }),
  CONSOLE_URL: originOf('console').replace('127.0.0.1', addressOf('outside')),
  ...(service === 'users' && { PUBLIC_USERS_URL: originOf('users') }),
})
