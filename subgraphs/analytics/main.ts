import { runService } from '@supergraph/messaging/run-service.ts'
import { readEnvironment } from './environment.ts'
import { startAnalytics } from './server.ts'

await runService('analytics', readEnvironment, startAnalytics)
