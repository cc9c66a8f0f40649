import { runProcess } from '@supergraph/runtime/lifecycle.ts'
import { readEnvironment } from './environment.ts'
import { startPaymentSimulator } from './server.ts'

await runProcess(async () => startPaymentSimulator(readEnvironment()))
