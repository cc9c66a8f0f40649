import { runService } from '@supergraph/messaging/run-service.ts'
import { readEnvironment } from './environment.ts'
import { startOrders } from './server.ts'

await runService('orders', readEnvironment, startOrders)
