import { constants } from 'node:os'
import { readMetricsSettings, startMetrics } from '@supergraph/metrics/serve.ts'
import { allowFaults } from '@supergraph/runtime/faults/switch.ts'
import { runProcess, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { prioritise } from '@supergraph/runtime/priority.ts'
import { readEnvironment } from './environment.ts'
import { startConsole } from './server.ts'

// n.b. what looks on takes the processor only when what it looks at does not need it
prioritise(process.pid, constants.priority.PRIORITY_LOW)
await runProcess(() =>
  startAll(async use => {
    const environment = readEnvironment()
    const logger = createLogger('console', environment.LOG_LEVEL)
    use(await startMetrics(readMetricsSettings('console', process.env), logger))
    const faults = allowFaults(environment.NODE_ENV)
    if (faults !== undefined) use(faults)
    const served = use(await startConsole(environment))
    // n.b. after the console, and so stopped before it
    use({ stop: async () => takePriority() })
    return served
  }),
)

/** Lets the process stop in time beside busy ones. n.b. who may only lower priorities can not take that back */
function takePriority(): void {
  try {
    prioritise(process.pid, constants.priority.PRIORITY_NORMAL)
  } catch {}
}
