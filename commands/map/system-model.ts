import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Edge, Part, SystemMap } from '@supergraph/console/system-map.ts'
import { parts as names } from '@supergraph/console/traces/flows.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { contracts } from '@supergraph/schema/events/contracts.ts'
import { parse } from 'graphql'
import { receivers } from '../../queues.ts'
import {
  hasDatabase,
  type Service,
  type ServiceName,
  type Surroundings,
  serviceNames,
  services,
  settingsOf,
  signerNames,
  subgraphNames,
} from '../../services.ts'
import { describeSubgraphs } from './catalogue.ts'

/** Draws the map of the system from the table of services, the subgraphs' schemas, the queues and the event contracts. */
export const createSystemMap = async (): Promise<SystemMap> => {
  const shown: readonly ServiceName[] = [...subgraphNames(), 'gateway']
  const processes = await Promise.all(shown.map(describeService))
  const queues = receivers.flatMap(receiver => receiver.queues)
  return {
    services: [...shown, ...serviceNames.filter(name => name !== 'console' && !shown.includes(name))],
    parts: [
      bare(names.clients, 'clients', 'Clients'),
      bare(names.sockets, 'sockets', 'Sockets'),
      ...processes,
      ...shown.filter(hasDatabase).map(name => bare(names.databaseOf(name), 'database', name)),
      { ...bare(names.exchange, 'exchange', 'Events'), publishes: contracts.map(({ type }) => type) },
      ...queues.map(({ queue, events }) => ({
        ...bare(queue, 'queue', queue),
        consumes: [{ queue, events: events.map(({ type }) => type) }],
      })),
      standIn(names.payments, 'payments', 'Payments', 'payment-simulator'),
      standIn(names.mail, 'mail', 'E-mail', 'mailbox'),
    ],
    edges: [
      edge(names.clients, 'gateway', 'operations'),
      edge(names.sockets, 'gateway', 'operations'),
      edge('gateway', names.sockets, 'live'),
      edge('notifications', 'gateway', 'live'),
      ...shown.flatMap(neighboursOf),
      ...shown.filter(hasDatabase).map(name => edge(name, names.databaseOf(name), 'sql')),
      ...[...new Set(contracts.map(({ source }) => source))].map(source =>
        edge(source, names.exchange, 'events'),
      ),
      ...receivers.flatMap(({ service, queues: own, listensTo }) => [
        ...own.flatMap(({ queue }) => [
          edge(names.exchange, queue, 'events'),
          edge(queue, service, 'events'),
        ]),
        ...(listensTo.length > 0 ? [edge(names.exchange, service, 'events')] : []),
      ]),
    ],
  }
}

const edge = (source: string, target: string, kind: Edge['kind']): Edge => ({ source, target, kind })

const bare = (id: string, kind: Part['kind'], title: string): Part => ({
  id,
  kind,
  title,
  service: null,
  port: null,
  source: null,
  operations: [],
  owns: [],
  contributes: [],
  publishes: [],
  consumes: [],
  listensTo: [],
  settings: [],
})

const standIn = (id: string, kind: Part['kind'], title: string, service: ServiceName): Part => ({
  ...bare(id, kind, title),
  service,
  port: services[service].port,
  source: `${services[service].folder}/server.ts`,
})

const schemas = new Map(
  subgraphNames().map(name => [name, parse(readFileSync(`${services[name].folder}/schema.graphql`, 'utf8'))]),
)
const entries = describeSubgraphs(schemas)

const describeService = async (name: ServiceName): Promise<Part> => {
  const { kind, folder, port }: Service = services[name]
  const receiver = receivers.find(({ service }) => service === name)
  return {
    ...bare(name, kind === 'gateway' ? 'gateway' : 'subgraph', name),
    service: name,
    port,
    source: `${folder}/server.ts`,
    ...entries.get(name),
    publishes: contracts.filter(({ source }) => source === name).map(({ type }) => type),
    consumes: (receiver?.queues ?? []).map(({ queue, events }) => ({
      queue,
      events: events.map(({ type }) => type),
    })),
    listensTo: (receiver?.listensTo ?? []).map(({ type }) => type),
    settings: await settingsIn(name),
  }
}

const identity = await createIdentityKeys(signerNames())

/** Any surroundings; `onUse` hears what a service asks of them. */
const surroundings = (onUse: (part: string) => void = () => {}): Surroundings => ({
  originOf: service => {
    onUse(service)
    return `http://${service}:${services[service].port}`
  },
  portOf: service => services[service].port,
  databaseUrlOf: service => `postgres://${service}@${service}-db:5432/${service}`,
  identityIssuers: identity.issuers,
  identityKeyOf: name => identity.keys[name],
  linkKeys: Buffer.alloc(32).toString('base64url'),
  totpKeys: Buffer.alloc(32).toString('base64url'),
  paymentSimulatorKey: 'sk_test_map',
  webhookSecret: 'whsec_map',
  get smtpUrl() {
    onUse(names.mail)
    return 'smtp://mailbox:4025'
  },
  smtpPort: 4025,
  mailDirectory: undefined,
})

/** The parts that a service calls: those whose addresses its settings take. */
const neighboursOf = (name: ServiceName): readonly Edge[] => {
  const used = new Set<string>()
  const { settings }: Service = services[name]
  settings?.(surroundings(part => used.add(part)))
  return [...used].map(part => {
    if (part === 'payment-simulator') return edge(name, names.payments, 'payments')
    return edge(name, part, part === names.mail ? 'mail' : 'calls')
  })
}

/** A service's settings, each with its default; null if it follows from what is around the service. */
const settingsIn = async (name: ServiceName): Promise<Part['settings']> => {
  const given = settingsOf(name, surroundings())
  const read = await services[name].readEnvironment(given)
  return Object.entries(read).map(([setting, value]) => ({
    name: setting,
    value: setting in given && setting !== 'PORT' ? null : shown(value),
  }))
}

const root = join(import.meta.dirname, '../..')

const shown = (value: unknown): string => {
  if (value === undefined) return ''
  return (typeof value === 'object' ? JSON.stringify(value) : String(value)).replace(`${root}/`, '')
}
