import { z } from 'zod'
import { directFetch } from '../direct-fetch.ts'
import { parseEnvironment, processVariables, url, type Variables } from '../environment.ts'
import { type Running, startAll } from '../lifecycle.ts'
import { startLoop } from '../loop.ts'
import { heldFault } from './fault.ts'
import { allowFaults } from './switch.ts'

/** The settings of a process that has the faults which somebody sets in a console. */
export const faultVariables = {
  NODE_ENV: processVariables.NODE_ENV,
  CONSOLE_URL: url(['http', 'https'], 'http://127.0.0.1:4007')
    .optional()
    .describe('the console in which somebody makes [faults on purpose](console.md); in development alone'),
}

const variables = z.object(faultVariables)

/** The settings of following; throws one EnvironmentError that names every mistake. */
export const readFaultSettings = (service: string, source: Variables) =>
  parseEnvironment(service, variables, source)

const everyMs = 1_000
const answer = z.object({ held: z.array(heldFault), version: z.int() })

/**
 * Has the faults that the console knows, which is asked once a second: a process takes no orders from anybody who reaches it,
 * and a console that does not answer ends them all. Does nothing in production. To be called before the service starts.
 */
export const followFaults = (
  service: string,
  { NODE_ENV, CONSOLE_URL }: z.output<typeof variables>,
): Promise<Running> =>
  startAll(async use => {
    const faults = CONSOLE_URL === undefined ? undefined : allowFaults(NODE_ENV)
    if (faults === undefined) return {}
    use(faults)
    let known: number | undefined
    use(
      startLoop({
        everyMs,
        work: async () => {
          const address = new URL(
            `/faults?service=${service}&process=${process.pid}&knows=${known ?? ''}`,
            CONSOLE_URL,
          )
          const headers = { accept: 'application/json' }
          const response = await directFetch(address, { headers, signal: AbortSignal.timeout(everyMs) })
          const { held, version } = answer.parse(await response.json())
          faults.replace(held)
          known = version
        },
        onError: () => {
          faults.replace([])
          known = undefined
        },
      }),
    )
    return {}
  })
