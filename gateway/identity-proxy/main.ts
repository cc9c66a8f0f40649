import { runService } from '@supergraph/messaging/run-service.ts'
import { readEnvironment } from '../environment.ts'
import { startIdentityProxy } from './server.ts'

await runService('gateway', readEnvironment, startIdentityProxy)
