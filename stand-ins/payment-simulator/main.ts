import { followFaults, readFaultSettings } from '@supergraph/runtime/faults/follow.ts'
import { runProcess, startAll } from '@supergraph/runtime/lifecycle.ts'
import { readEnvironment } from './environment.ts'
import { startPaymentSimulator } from './server.ts'

await runProcess(() =>
  startAll(async use => {
    const environment = readEnvironment()
    use(await followFaults('payment-simulator', readFaultSettings('payment-simulator', process.env)))
    return use(await startPaymentSimulator(environment))
  }),
)
