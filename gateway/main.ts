import { runProcess } from '@supergraph/runtime/lifecycle.ts'
import { readEnvironment } from './environment.ts'
import { startGateway } from './server.ts'

await runProcess(async () => startGateway(readEnvironment()))
