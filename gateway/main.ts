import { runService } from '@supergraph/messaging/run-service.ts'
import { readEnvironment } from './environment.ts'
import { startGateway } from './server.ts'

await runService('gateway', readEnvironment, startGateway)
