import { runService } from '@supergraph/messaging/run-service.ts'
import { readEnvironment } from './environment.ts'
import { startProducts } from './server.ts'

await runService('products', readEnvironment, startProducts)
