import { randomBytes } from 'node:crypto'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { createIdentitySigner, type IdentitySigner } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { createSealingKey } from '@supergraph/runtime/sealed.ts'
import { recordOf } from '../../embedded/records.ts'
import {
  type ServiceName,
  type SignerName,
  type StatefulName,
  serviceNames,
  services,
  settingsOf,
  signerNames,
} from '../../services.ts'
import { highLimits } from '../limits.ts'
import { freePorts } from '../ports.ts'

/** A process: the name of its service, for a replica with a number, such as `orders-2`. */
export type ProcessName = ServiceName | `${ServiceName}-${1 | 2}`

/** The processes of a system: their addresses, their settings and the keys that they share. */
export type Plan = {
  readonly processNames: readonly ProcessName[]
  readonly settingsOf: (process: ProcessName) => Variables
  readonly originOf: (process: ProcessName) => string
  /** A process's GraphQL URL. */
  readonly urlOf: (process: ProcessName) => string
  readonly databaseUrls: Readonly<Record<StatefulName, string>>
  /** The private keys that sign identity tokens, as the settings have them. */
  readonly identityKeys: Readonly<Record<SignerName, string>>
  /** Signs as the gateway does, for asking a subgraph directly. */
  readonly gateway: IdentitySigner
  /** The key that the payment simulator takes. */
  readonly paymentSimulatorKey: string
}

export type PlanOptions = {
  readonly processNames: readonly ProcessName[]
  readonly databaseUrls: Readonly<Record<StatefulName, string>>
  /** Settings of a process beside those of the table of services. */
  readonly settings?: (service: ServiceName, process: ProcessName, originOf: Plan['originOf']) => Variables
  /** Where the mailbox keeps its messages; without it they are kept in memory. */
  readonly mailDirectory?: string
  /** The address at which a process takes connections: 127.0.0.1, unless given. */
  readonly hostOf?: ((process: ProcessName) => string) | undefined
  /** Whether gateways and orders share their calls among all replicas of a subgraph. */
  readonly isBalanced?: boolean | undefined
  /** The address at which a process calls replicas that it shares its calls among; the list of theirs, unless given. */
  readonly addressOf?: (process: ProcessName, called: ServiceName, origins: readonly string[]) => string
}

/** Chooses ports and keys. A replica reaches the replica with its own number, or the first one of a service, unless it reaches all. */
export const planSystem = async ({
  processNames,
  databaseUrls,
  settings = () => ({}),
  mailDirectory,
  hostOf = () => '127.0.0.1',
  isBalanced = false,
  addressOf = (_process, _called, origins) => origins.join(','),
}: PlanOptions): Promise<Plan> => {
  const [smtpPort = 0, ...ports] = await freePorts(processNames.length + 1)
  const portOf = (process: ProcessName) => ports[processNames.indexOf(process)] ?? 0
  const originOf = (process: ProcessName) => `http://${hostOf(process)}:${portOf(process)}`
  const { keys, issuers: identityIssuers } = await createIdentityKeys(signerNames())
  const identityKeys = recordOf(
    signerNames(),
    name => name,
    name => keys[name] ?? '',
  )
  const linkKeys = createSealingKey()
  const totpKeys = createSealingKey()
  const paymentSimulatorKey = `sk_test_${randomBytes(12).toString('hex')}`
  const webhookSecret = `whsec_${randomBytes(12).toString('hex')}`
  const neighbours = (process: ProcessName, service: ServiceName): readonly ProcessName[] => {
    const replicas = processNames.filter(other => serviceOf(other) === service)
    const isShared = services[service].kind === 'subgraph' && callers.includes(serviceOf(process))
    if (isBalanced && isShared) return replicas
    const [first] = replicas
    const next = replicas.find(other => numberOf(other) === numberOf(process)) ?? first
    return next === undefined ? [] : [next]
  }
  return {
    processNames,
    originOf,
    urlOf: process => `${originOf(process)}/graphql`,
    databaseUrls,
    identityKeys,
    gateway: createIdentitySigner('gateway', identityKey.parse(identityKeys.gateway)),
    paymentSimulatorKey,
    settingsOf: process => {
      const service = serviceOf(process)
      return {
        ...settingsOf(service, {
          originOf: other => {
            const found = neighbours(process, other)
            return found.length === 0 ? undefined : addressOf(process, other, found.map(originOf))
          },
          portOf: () => portOf(process),
          databaseUrlOf: name => databaseUrls[name],
          identityIssuers,
          identityKeyOf: name => identityKeys[name],
          linkKeys,
          totpKeys,
          paymentSimulatorKey,
          webhookSecret,
          smtpUrl: processNames.includes('mailbox') ? `smtp://${hostOf('mailbox')}:${smtpPort}` : undefined,
          smtpPort,
          mailDirectory,
        }),
        ...highLimits,
        HOST: hostOf(process),
        ...(processNames.includes('console') && { CONSOLE_URL: originOf('console') }),
        ...settings(service, process, originOf),
      }
    },
  }
}

/** The service that a process runs. */
export const serviceOf = (process: ProcessName): ServiceName => {
  const service = serviceNames.find(name => name === process.replace(/-\d$/, ''))
  if (service === undefined) throw new Error(`${process} is no process of a service`)
  return service
}

/** The services that call subgraphs. */
const callers: readonly ServiceName[] = ['gateway', 'orders']

const numberOf = (process: ProcessName): string | undefined => /-(\d)$/.exec(process)?.[1]
