import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import type { ServiceName } from '../../services.ts'
import { type Plan, type PlanOptions, planSystem } from './plan.ts'
import { type ProcessOptions, type SystemProcesses, startProcesses } from './processes.ts'

/** What it takes to ask a system, whether its services run in one process or in many. */
export type System = Running &
  Pick<Plan, 'databaseUrls' | 'identityKeys' | 'paymentSimulatorKey'> & {
    readonly originOf: (service: ServiceName) => string
    /** A service's GraphQL URL; clients are only meant to have the gateway's. */
    readonly urlOf: (service: ServiceName) => string
    /** Everything that its processes have printed so far. */
    readonly output: () => string
    /** Whatever lies in the queues of its broker, if it has one, as text. */
    readonly queuedText?: () => Promise<string>
  }

/** A system of processes. */
export type ProcessSystem = Plan & Running & Pick<System, 'output'> & { readonly processes: SystemProcesses }

/** Plans a system and starts its processes. */
export const startSystem = (options: PlanOptions & ProcessOptions): Promise<ProcessSystem> =>
  startAll(async use => {
    const plan = await planSystem(options)
    const processes = use(await startProcesses(plan, options))
    return { ...plan, processes, output: processes.output }
  })
