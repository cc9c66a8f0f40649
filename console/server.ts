import { faultSwitch } from '@supergraph/runtime/faults/switch.ts'
import { createHealth } from '@supergraph/runtime/health.ts'
import { originOf, startHttp } from '@supergraph/runtime/http.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { addLogSink, addSpanSink } from '@supergraph/telemetry/sink.ts'
import { createAudit } from './database/audit.ts'
import { openConsoleDatabase } from './database/open.ts'
import { findDeadLetters } from './dead-letters.ts'
import { createDeliveries } from './deliveries.ts'
import type { Environment } from './environment.ts'
import { createAccess } from './http/access.ts'
import { createAssets } from './http/assets.ts'
import { createLive } from './http/live.ts'
import { createSignIn } from './http/sign-in.ts'
import { createSite } from './http/site.ts'
import { takeLogs, takeTraces } from './http/take-exports.ts'
import { createVisitors } from './http/visitors.ts'
import { startIntake } from './intake.ts'
import { watchIntake } from './intake-metrics.ts'
import { startLogIntake } from './log-intake.ts'
import { createMailbox } from './mailbox.ts'
import { createReadGatewayMetrics } from './metrics/gateway-metrics.ts'
import { liveMetrics } from './metrics/live-readings.ts'
import { readSystemMap } from './read-system-map.ts'
import { createShopAudit } from './shop/audit.ts'
import { createAskGateway } from './shop/gateway.ts'
import { openLedger } from './shop/ledger.ts'
import { createShop } from './shop/orders.ts'
import { createReadServedSupergraph } from './shop/served-supergraph.ts'
import { createAuditView } from './views/audit.ts'
import { createDeadLetterActs, createDeadLettersView } from './views/dead-letters.ts'
import { createEventViews } from './views/events.ts'
import { createFaultActs, createFaultsView } from './views/faults.ts'
import { createLiveView } from './views/live.ts'
import { createMailViews } from './views/mail.ts'
import { createMapView } from './views/map.ts'
import { createOperationViews } from './views/operations.ts'
import { createOrderActs, createOrderViews } from './views/orders.ts'
import { createRecordedOperations } from './views/recorded-operations.ts'
import { createRequestViews } from './views/requests.ts'
import { createSchemaViews } from './views/schema.ts'

const service = 'console'

/** Starts the console: `url` is its first page. `outboxUrls` are the databases whose outboxes hold the dead letters of this process. */
export const startConsole = (
  environment: Environment,
  { outboxUrls }: { readonly outboxUrls?: readonly string[] | undefined } = {},
): Promise<Running & { readonly url: string }> =>
  startAll(async use => {
    const { HOST: host, PORT: port, GATEWAY_URL: gatewayUrl, MAILBOX_URL: mailboxUrl } = environment
    const logger = createLogger(service, environment.LOG_LEVEL)
    const database = use(
      await openConsoleDatabase(environment.DATABASE_URL, { directUrl: environment.DATABASE_DIRECT_URL }),
    )
    const intake = use(await startIntake(database, logger))
    const logIntake = use(startLogIntake(database))
    use(watchIntake(intake))
    use(addSpanSink(intake.takeExport))
    use(addLogSink(logIntake.takeExport))
    const deliveries = createDeliveries(database)
    intake.onStored(deliveries.take)
    const map = readSystemMap()
    const deadLetters = findDeadLetters({
      brokerUrl: environment.RABBITMQ_URL,
      namespace: environment.RABBITMQ_NAMESPACE,
      queues: map.parts.filter(({ kind }) => kind === 'queue').map(({ id }) => id),
      outboxUrls,
      logger,
    })
    if (deadLetters !== undefined) use(deadLetters)
    const faults = faultSwitch()
    const live = createLive([
      intake,
      logIntake,
      ...(faults === undefined ? [] : [{ onStored: faults.onChange }]),
    ])
    const ask = createAskGateway(gatewayUrl)
    const visitors = createVisitors(ask)
    const audit = createAudit(database)
    const shop = createShop(ask, {
      email: environment.STAFF_EMAIL,
      password: environment.STAFF_PASSWORD,
    })
    const ledger = use(await openLedger(environment))
    const operations = createRecordedOperations(environment.PUBLIC_GATEWAY_URL ?? gatewayUrl)
    const access = createAccess({
      listensOn: host,
      allowedHosts: environment.ALLOWED_HOSTS,
      key: environment.CONSOLE_KEY,
      isDevelopment: environment.NODE_ENV !== 'production',
      visitors,
    })
    const health = createHealth(() => [
      { name: 'database', isRequired: true, check: () => database.query('select 1') },
    ])
    const site = createSite({
      access,
      signIn: createSignIn(visitors, access),
      audit,
      takers: {
        '/v1/traces': (request, response) => takeTraces(request, response, intake),
        '/v1/logs': (request, response) => takeLogs(request, response, logIntake),
      },
      views: [
        ...createRequestViews(database, intake, operations),
        createMapView(database, map, { opensFiles: environment.NODE_ENV === 'development', faults }),
        ...createOrderViews(database, shop, ledger, environment.PAYMENT_SIMULATOR_URL),
        ...createEventViews(database, map, deadLetters),
        createDeadLettersView(deadLetters),
        createLiveView(
          createReadGatewayMetrics(
            environment.GATEWAY_METRICS_URL,
            Object.values(liveMetrics),
            liveMetrics.sockets,
          ),
          deliveries,
        ),
        ...createOperationViews(database, operations),
        ...createSchemaViews(database, map, createReadServedSupergraph(gatewayUrl)),
        ...createMailViews(mailboxUrl === undefined ? undefined : createMailbox(mailboxUrl)),
        createFaultsView(faults, map),
        createAuditView(audit, createShopAudit(ask)),
      ],
      acts: [...createDeadLetterActs(deadLetters), ...createOrderActs(shop), ...createFaultActs(faults, map)],
      assets: createAssets(),
      live,
      health,
      logger,
    })
    const http = use(await startHttp(site, { host, port }))
    // n.b. after the server, and so stopped before it
    use(live)
    use(health)
    const url = originOf(host, http.port)
    logger.info({ url }, 'console listens')
    return { url }
  })
