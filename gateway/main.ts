import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import { runProcess, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { readProcessEnvironment } from './environment.ts'
import { startGateway } from './server.ts'

await runProcess(() =>
  startAll(async use => {
    const environment = readProcessEnvironment()
    const { RABBITMQ_URL: url, RABBITMQ_NAMESPACE: namespace, LOG_LEVEL } = environment
    const logger = createLogger('gateway', LOG_LEVEL)
    const transport = use(await connectRabbitMq({ url, namespace, logger }))
    return use(await startGateway(environment, transport))
  }),
)
