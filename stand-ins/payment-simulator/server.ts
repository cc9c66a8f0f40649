import { originOf, startHttp } from '@supergraph/runtime/http.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { createApi } from './api.ts'
import { addDemoPayments } from './database/demo.ts'
import { openPaymentSimulatorDatabase } from './database/open.ts'
import type { Environment } from './environment.ts'

const service = 'payment-simulator'

/** Starts the payment simulator; `url` is the value for STRIPE_API_URL. */
export const startPaymentSimulator = (
  environment: Environment,
): Promise<Running & { readonly url: string }> =>
  startAll(async use => {
    const { HOST: host, PORT: port } = environment
    const logger = createLogger(service, environment.LOG_LEVEL)
    const database = use(
      await openPaymentSimulatorDatabase(environment.DATABASE_URL, {
        directUrl: environment.DATABASE_DIRECT_URL,
      }),
    )
    if (environment.DEMO_DATA) await addDemoPayments(database)
    // n.b. the port is known when the server listens, and no request comes before
    const origin = () => environment.SIMULATOR_URL?.replace(/\/$/, '') ?? url
    const { STRIPE_API_KEY: apiKey, WEBHOOK_URL: webhookUrl, WEBHOOK_SECRET: secrets } = environment
    const endpoint = webhookUrl === undefined ? undefined : { url: webhookUrl, secrets }
    const api = createApi({ database, apiKey, origin, endpoint, logger })
    const http = use(await startHttp(api.handle, { host, port, service }))
    use(api)
    const url = originOf(host, http.port)
    logger.info({ url }, `${service} listens`)
    return { url }
  })
