import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { originOf, startHttp } from '@supergraph/runtime/http.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { createApi } from './api.ts'
import { addDemoPayments } from './database/demo.ts'
import { CreatePayments1795172400000 } from './database/migrations/1795172400000-create-payments.ts'
import { tables } from './database/tables.ts'
import type { Environment } from './environment.ts'

const service = 'payment-simulator'

/** Starts the payment simulator; `url` is what STRIPE_API_URL is to be. */
export const startPaymentSimulator = (
  environment: Environment,
): Promise<Running & { readonly url: string }> =>
  startAll(async use => {
    const { HOST: host, PORT: port } = environment
    const logger = createLogger(service, environment.LOG_LEVEL)
    const dataSource = await openDatabase({
      service,
      url: environment.DATABASE_URL,
      tables,
      migrations: [CreatePayments1795172400000],
    })
    use({ stop: () => dataSource.destroy() })
    if (environment.DEMO_DATA) await addDemoPayments(dataSource)
    const api = createApi({ dataSource, apiKey: environment.STRIPE_API_KEY, logger })
    const http = use(await startHttp(api.handle, { host, port }))
    use(api)
    const url = originOf(host, http.port)
    logger.info({ url }, `${service} listens`)
    return { url }
  })
