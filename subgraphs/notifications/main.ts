import { runService } from '@supergraph/messaging/run-service.ts'
import { readEnvironment } from './environment.ts'
import { startNotifications } from './server.ts'

await runService('notifications', readEnvironment, startNotifications)
