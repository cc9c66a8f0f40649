import { followFaults, readFaultSettings } from '@supergraph/runtime/faults/follow.ts'
import { runProcess, startAll } from '@supergraph/runtime/lifecycle.ts'
import { readEnvironment } from './environment.ts'
import { startMailbox } from './server.ts'

await runProcess(() =>
  startAll(async use => {
    const environment = readEnvironment()
    use(await followFaults('mailbox', readFaultSettings('mailbox', process.env)))
    return use(await startMailbox(environment))
  }),
)
