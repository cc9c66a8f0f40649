import { demoAccounts } from '@supergraph/demo/demo-accounts.ts'
import { withTransportFaults } from '@supergraph/messaging/faulty-transport.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { startMetrics } from '@supergraph/metrics/serve.ts'
import { startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import { EnvironmentError, type Variables } from '@supergraph/runtime/environment.ts'
import { allowFaults } from '@supergraph/runtime/faults/switch.ts'
import { runProcess, startAll, type Use } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import type { AskInProcess } from '@supergraph/subgraph/in-process.ts'
import { readTelemetrySettings } from '@supergraph/telemetry/environment.ts'
import { startTelemetry } from '@supergraph/telemetry/telemetry.ts'
import { listAddresses } from './embedded/addresses.ts'
import { mailDirectory, postgresDirectory, readSecrets, type Secrets } from './embedded/data-directory.ts'
import { readGroup } from './embedded/group.ts'
import { startLater } from './embedded/later.ts'
import { keepsMail } from './embedded/mail.ts'
import { simulatesPayments } from './embedded/payments.ts'
import { checkPorts } from './embedded/ports.ts'
import { recordOf } from './embedded/records.ts'
import {
  databaseSettingOf,
  directSettingOf,
  help,
  portSettingOf,
  readSettings,
  type Settings,
  urlSettingOf,
} from './embedded/settings.ts'
import { usageSettings } from './embedded/usage.ts'
import { addressOf, smtpAddressOf } from './embedded/whereabouts.ts'
import {
  databaseNameOf,
  hasDatabase,
  prefixOf,
  type Service,
  type ServiceName,
  type StatefulName,
  type Surroundings,
  serviceNames,
  services,
  settingsOf,
  subgraphNames,
} from './services.ts'

/**
 * Starts the whole system in this process, or a group of its services: databases, transport, then the services in the order
 * of their table. The services that are not in the group are expected elsewhere.
 */
export const startSupergraph = (variables: Variables, group: readonly ServiceName[] = serviceNames) =>
  startAll(async use => {
    const given = readSettings(variables)
    const isReplaced: Partial<Record<ServiceName, boolean>> = {
      'payment-simulator': !simulatesPayments(given),
      mailbox: !keepsMail(given),
      console: !given.CONSOLE,
      registry: !given.REGISTRY,
    }
    const all = serviceNames.filter(name => !isReplaced[name])
    const names = all.filter(name => group.includes(name))
    // n.b. where others would find a service is not where it listens here
    const settings: Settings = { ...given, ...recordOf(names, urlSettingOf, () => undefined) }
    if (names.length < all.length && settings.RABBITMQ_URL === undefined)
      throw new EnvironmentError('the supergraph', [
        'RABBITMQ_URL is not set: put a RabbitMQ there, by which services in several processes tell each other their events',
      ])
    await checkPorts(settings, [
      ...names.map(portSettingOf),
      ...(names.includes('mailbox') ? (['MAILBOX_SMTP_PORT'] as const) : []),
    ])
    const logger = createLogger('telemetry', settings.LOG_LEVEL)
    const isElsewhere = (name: ServiceName) => all.includes(name) && !names.includes(name)
    const traced = isElsewhere('console') && { OTEL_EXPORTER_OTLP_ENDPOINT: addressOf(settings, 'console') }
    use(startTelemetry(readTelemetrySettings('the supergraph', { ...traced, ...variables }), logger))
    const faults = allowFaults(settings.NODE_ENV)
    if (faults !== undefined) use(faults)
    const secrets = await readSecrets(settings.DATA_DIR)
    // n.b. the console compares what the databases of all have of an order
    const opened = (names.includes('console') ? all : names).filter(hasDatabase)
    const openDatabase = await openDatabases(use, settings, secrets, opened)
    const metrics = use(await startMetrics(settings, createLogger('metrics', settings.LOG_LEVEL)))
    const { transport: faultless, open } = await openTransport(use, settings)
    const transport = withTransportFaults(faultless)

    const databases = new Map<StatefulName, string>()
    const urls = new Map<ServiceName, string>()
    const inProcess = new Map<ServiceName, AskInProcess>()
    let smtpUrl = isElsewhere('mailbox') ? smtpAddressOf(settings) : undefined
    // n.b. one that starts later, or elsewhere, is known by its setting
    const originOf = (service: ServiceName): string | undefined => {
      const url = urls.get(service)
      if (url !== undefined) return new URL(url).origin
      return all.includes(service) ? addressOf(settings, service) : undefined
    }
    const startService = async (name: ServiceName) => {
      const needed = name === 'console' ? opened : opened.filter(owner => owner === name)
      for (const owner of needed) {
        if (!databases.has(owner)) databases.set(owner, await openDatabase(owner))
      }
      const own = settingsOf(name, {
        ...createSurroundings(settings, secrets),
        originOf,
        databaseUrlOf: service => databases.get(service),
        directUrlOf: service => settings[directSettingOf(service)],
        smtpUrl,
      })
      const { start }: Service = services[name]
      const outboxUrls = subgraphNames()
        .filter(hasDatabase)
        .map(subgraph => databases.get(subgraph) ?? '')
      const decided = {
        // n.b. given without a prefix, it would be that of every service
        DATABASE_DIRECT_URL: undefined,
        ...usageSettings(settings, variables),
        ...ofAll(settings),
        ...settingsOfDatabases(databases),
        ...own,
      }
      // n.b. a file would count before what is decided here
      const files = recordOf(
        Object.keys(decided),
        name => `${name}_FILE`,
        () => undefined,
      )
      const running = await start({ ...variables, ...files, ...decided }, transport, {
        inProcess,
        outboxUrls,
      })
      urls.set(name, running.url)
      return running
    }
    for (const name of names.filter(name => !startedLater.includes(name))) {
      const running = use(await startService(name))
      if (running.askInProcess !== undefined) inProcess.set(name, running.askInProcess)
      smtpUrl ??= running.smtpUrl
    }
    open()
    const later = startedLater.filter(name => names.includes(name))
    for (const name of later) use(startLater(name, () => startService(name)))
    return {
      settings,
      metrics: metrics.url,
      urls: new Map([...urls, ...later.map(name => [name, addressOf(settings, name)] as const)]),
      elsewhere: all.filter(isElsewhere),
    }
  })

/** Databases by their settings. */
const settingsOfDatabases = (urls: ReadonlyMap<StatefulName, string>): Variables =>
  Object.fromEntries([...urls].map(([name, url]) => [databaseSettingOf(name), url]))

/** What nothing else waits for. */
const startedLater: readonly ServiceName[] = ['console', 'registry']

/** The settings that every service gets; the console signs in with the demo shop's account of the staff. */
const ofAll = (settings: Settings): Variables => ({
  NODE_ENV: settings.NODE_ENV,
  LOG_LEVEL: settings.LOG_LEVEL,
  DEMO_DATA: String(settings.DEMO_DATA),
  ...(settings.DEMO_DATA && {
    STAFF_EMAIL: demoAccounts.find(({ role }) => role === 'staff')?.email,
    STAFF_PASSWORD: settings.DEMO_PASSWORD,
  }),
  ...(settings.CONSOLE && { CONSOLE_URL: addressOf(settings, 'console') }),
  ...(settings.REGISTRY && { REGISTRY_URL: addressOf(settings, 'registry') }),
  ...(simulatesPayments(settings) && {
    PAYMENT_SIMULATOR_URL: settings.SIMULATOR_URL ?? addressOf(settings, 'payment-simulator'),
  }),
  ...(keepsMail(settings) && { MAILBOX_URL: addressOf(settings, 'mailbox') }),
})

const createSurroundings = (
  settings: Settings,
  secrets: Secrets,
): Omit<Surroundings, 'originOf' | 'databaseUrlOf' | 'directUrlOf' | 'smtpUrl'> => ({
  portOf: service => settings[portSettingOf(service)],
  smtpPort: settings.MAILBOX_SMTP_PORT,
  identityIssuers: secrets.identityIssuers,
  identityKeyOf: service => secrets.identityKeys[service],
  linkKeys: secrets.linkKeys,
  totpKeys: secrets.totpKeys,
  paymentSimulatorKey: secrets.paymentSimulatorKey,
  webhookSecret: secrets.webhookSecret,
  mailDirectory: mailDirectory(settings.DATA_DIR),
})

/** Gives what makes a database ready: the one that a service's setting names, else one on the embedded PostgreSQL. */
const openDatabases = async (
  use: Use,
  settings: Settings,
  secrets: Secrets,
  names: readonly StatefulName[],
): Promise<(name: StatefulName) => Promise<string>> => {
  const given = (name: StatefulName) => settings[databaseSettingOf(name)]
  const embedded = names.every(given)
    ? undefined
    : use(
        await startEmbeddedPostgres({
          directory: postgresDirectory(settings.DATA_DIR),
          password: secrets.postgresPassword,
          // n.b. only a broker lets several processes be one system
          shared: settings.RABBITMQ_URL !== undefined,
          onUnexpectedEnd: () => {
            console.error('the embedded PostgreSQL ended unexpectedly; run npm start again')
            process.exit(1)
          },
        }),
      )
  return async name => {
    const password = secrets.databasePasswords[prefixOf(name)]
    const url = given(name) ?? (await embedded?.ensureDatabase(databaseNameOf(name), password))
    if (url === undefined) throw new Error(`no database for ${name}`)
    return url
  }
}

/** Connects to the broker that the setting names; without one, events stay in this process and flow once `open` is called. */
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
      () => startSupergraph(process.env, readGroup(process.argv.slice(2))),
      supergraph => console.log(listAddresses(supergraph)),
    )
  }
}
