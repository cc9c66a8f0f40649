import { demoAccounts } from '@supergraph/demo/demo-accounts.ts'
import { withTransportFaults } from '@supergraph/messaging/faulty-transport.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { startMetrics } from '@supergraph/metrics/serve.ts'
import { startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { allowFaults } from '@supergraph/runtime/faults/switch.ts'
import { runProcess, startAll, type Use } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import type { AskInProcess } from '@supergraph/subgraph/in-process.ts'
import { readTelemetrySettings } from '@supergraph/telemetry/environment.ts'
import { startTelemetry } from '@supergraph/telemetry/telemetry.ts'
import { listAddresses } from './embedded/addresses.ts'
import { mailDirectory, postgresDirectory, readSecrets, type Secrets } from './embedded/data-directory.ts'
import { startLater } from './embedded/later.ts'
import { keepsMail } from './embedded/mail.ts'
import { simulatesPayments } from './embedded/payments.ts'
import { checkPorts } from './embedded/ports.ts'
import { databaseSettingOf, help, portSettingOf, readSettings, type Settings } from './embedded/settings.ts'
import { usageSettings } from './embedded/usage.ts'
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

/** Starts the whole system in this process: databases, transport, then the services in the order of their table. */
export const startSupergraph = (variables: Variables) =>
  startAll(async use => {
    const settings = readSettings(variables)
    const isReplaced: Partial<Record<ServiceName, boolean>> = {
      'payment-simulator': !simulatesPayments(settings),
      mailbox: !keepsMail(settings),
      console: !settings.CONSOLE,
      registry: !settings.REGISTRY,
    }
    const names = serviceNames.filter(name => !isReplaced[name])
    await checkPorts(settings, [
      ...new Set(['PORT' as const, ...names.map(portSettingOf)]),
      ...(names.includes('mailbox') ? (['MAILBOX_SMTP_PORT'] as const) : []),
    ])
    const logger = createLogger('telemetry', settings.LOG_LEVEL)
    use(startTelemetry(readTelemetrySettings('the supergraph', variables), logger))
    const faults = allowFaults(settings.NODE_ENV)
    if (faults !== undefined) use(faults)
    const secrets = await readSecrets(settings.DATA_DIR)
    const openDatabase = await openDatabases(use, settings, secrets, names.filter(hasDatabase))
    const metrics = use(await startMetrics(settings, createLogger('metrics', settings.LOG_LEVEL)))
    const { transport: faultless, open } = await openTransport(use, settings)
    const transport = withTransportFaults(faultless)

    const databases = new Map<StatefulName, string>()
    const urls = new Map<ServiceName, string>()
    const inProcess = new Map<ServiceName, AskInProcess>()
    let smtpUrl: string | undefined
    const startService = async (name: ServiceName) => {
      if (hasDatabase(name)) databases.set(name, await openDatabase(name))
      const own = settingsOf(name, {
        ...createSurroundings(settings, secrets),
        originOf: service => originOf(urls.get(service)),
        databaseUrlOf: service => databases.get(service),
        smtpUrl,
      })
      const { start }: Service = services[name]
      const outboxUrls = subgraphNames()
        .filter(hasDatabase)
        .map(subgraph => databases.get(subgraph) ?? '')
      const given = {
        ...variables,
        ...usageSettings(settings, variables),
        ...ofAll(settings),
        ...settingsOfDatabases(databases),
        ...own,
      }
      const running = await start(given, transport, {
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
    for (const name of startedLater) if (names.includes(name)) use(startLater(name, () => startService(name)))
    return {
      settings,
      metrics: metrics.url,
      gateway: urls.get('gateway') ?? '',
      subgraphs: Object.fromEntries(subgraphNames().map(name => [name, urls.get(name) ?? ''])),
      paymentSimulator: urls.get('payment-simulator'),
      mailbox: urls.get('mailbox'),
      console: settings.CONSOLE ? `http://${settings.HOST}:${settings.CONSOLE_PORT}` : undefined,
      registry: settings.REGISTRY ? `http://${settings.HOST}:${settings.REGISTRY_PORT}` : undefined,
    }
  })

/** The databases of all, by their settings: the console compares what they have of an order. */
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
  ...(settings.CONSOLE && { CONSOLE_URL: `http://${settings.HOST}:${settings.CONSOLE_PORT}` }),
  ...(settings.REGISTRY && { REGISTRY_URL: `http://${settings.HOST}:${settings.REGISTRY_PORT}` }),
  ...(keepsMail(settings) && { MAILBOX_URL: `http://${settings.HOST}:${settings.MAILBOX_PORT}` }),
})

const originOf = (url: string | undefined): string | undefined => url && new URL(url).origin

const createSurroundings = (
  settings: Settings,
  secrets: Secrets,
): Omit<Surroundings, 'originOf' | 'databaseUrlOf' | 'smtpUrl'> => ({
  portOf: service => settings[portSettingOf(service)],
  smtpPort: settings.MAILBOX_SMTP_PORT,
  identityIssuers: secrets.identityIssuers,
  identityKeyOf: service => secrets.identityKeys[service],
  linkKeys: secrets.linkKeys,
  paymentSimulatorKey: secrets.paymentSimulatorKey,
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
      () => startSupergraph(process.env),
      supergraph => console.log(listAddresses(supergraph)),
    )
  }
}
