import { runService } from '@supergraph/messaging/run-service.ts'
import { readEnvironment } from './environment.ts'
import { startUsers } from './server.ts'

await runService('users', readEnvironment, startUsers)
