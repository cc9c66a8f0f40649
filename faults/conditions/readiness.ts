import { z } from 'zod'
import type { ProcessName } from '../../testbed/system/plan.ts'
import type { FaultSystem } from '../fault-system.ts'

const withinMs = 5_000

const readiness = z.object({
  status: z.string(),
  dependencies: z.record(z.string(), z.object({ usable: z.boolean() })),
})

/** What a process says of itself at `/health/ready`. */
export const readinessOf = async ({ originOf }: Pick<FaultSystem, 'originOf'>, process: ProcessName) => {
  const response = await fetch(new URL('/health/ready', originOf(process)), {
    signal: AbortSignal.timeout(withinMs),
  })
  return { isReady: response.ok, body: readiness.parse(await response.json()) }
}
