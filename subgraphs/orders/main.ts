import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import { runProcess, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { readProcessEnvironment } from './environment.ts'
import { startOrders } from './server.ts'

await runProcess(() =>
  startAll(async use => {
    const environment = readProcessEnvironment()
    const logger = createLogger('orders', environment.LOG_LEVEL)
    const transport = use(
      await connectRabbitMq({
        url: environment.RABBITMQ_URL,
        namespace: environment.RABBITMQ_NAMESPACE,
        logger,
      }),
    )
    return use(await startOrders(environment, transport))
  }),
)
