import { readMetricsSettings, startMetrics } from '@supergraph/metrics/serve.ts'
import { followFaults, readFaultSettings } from '@supergraph/runtime/faults/follow.ts'
import { runProcess, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { readEnvironment } from './environment.ts'
import { startRegistry } from './server.ts'

await runProcess(() =>
  startAll(async use => {
    const environment = readEnvironment()
    const logger = createLogger('registry', environment.LOG_LEVEL)
    use(await startMetrics(readMetricsSettings('registry', process.env), logger))
    use(await followFaults('registry', readFaultSettings('registry', process.env)))
    return use(await startRegistry(environment))
  }),
)
