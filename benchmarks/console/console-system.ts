import { constants } from 'node:os'
import { readPidFile } from '@supergraph/postgres/embedded.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { prioritise } from '@supergraph/runtime/priority.ts'
import { z } from 'zod'
import { startDatabaseServer } from '../../testbed/database-server.ts'
import { freePorts } from '../../testbed/ports.ts'
import { startProcess, type TestProcess } from '../../testbed/processes.ts'
import { openRunDirectory } from '../../testbed/run-directory.ts'

const bytes = z.object({ name: z.string(), rows: z.coerce.number(), bytes: z.coerce.number() })

// n.b. what watches the event loop asks to be woken every 10 ms, and tells when it was
const resolutionMs = 10

/** A console in a process of its own, on a PostgreSQL of its own. */
export type ConsoleSystem = Running & {
  readonly url: string
  /** How many spans have come to which end. */
  readonly counts: () => Promise<{
    readonly stored: number
    readonly leftOut: number
    readonly dropped: number
  }>
  readonly askUsage: TestProcess['askUsage']
  /** How late the event loop was since the last time that this was asked. */
  readonly loopDelay: () => Promise<{ readonly p99Ms: number; readonly maxMs: number }>
  /** What each table holds. */
  readonly tables: () => Promise<readonly z.output<typeof bytes>[]>
}

/** Starts a console; `profileFolder` gets a CPU profile of it when it stops. */
export const startConsoleSystem = (profileFolder: string | undefined): Promise<ConsoleSystem> =>
  startAll(async use => {
    const directory = use(await openRunDirectory())
    const [databasePort = 0, port = 0, metricsPort = 0] = await freePorts(3)
    const database = use(await startDatabaseServer(directory, databasePort))
    const postmaster = await readPidFile(directory.postgresDirectory)
    if (postmaster !== undefined) prioritise(postmaster.pid, constants.priority.PRIORITY_LOW)
    const program = startProcess(
      ['console/main.ts'],
      {
        NODE_ENV: 'production',
        LOG_LEVEL: 'warn',
        DATABASE_URL: database.urls.console,
        PORT: String(port),
        METRICS_PORT: String(metricsPort),
        ...(profileFolder !== undefined && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder}` }),
      },
      { isProbed: true },
    )
    use({ stop: async () => void (await program.end('SIGTERM')) })
    const url = `http://127.0.0.1:${port}`
    await untilAnswered(`${url}/health`, program)
    const readMetrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    return {
      url,
      counts: async () => {
        const text = await readMetrics()
        const spans = (outcome: string) =>
          readNumber(text, `supergraph_console_spans_total\\{outcome="${outcome}"\\}`)
        return { stored: spans('stored'), leftOut: spans('left_out'), dropped: spans('dropped') }
      },
      askUsage: program.askUsage,
      loopDelay: async () => {
        const text = await readMetrics()
        const late = (name: string) => Math.max(readNumber(text, name) * 1_000 - resolutionMs, 0)
        return {
          p99Ms: late('nodejs_eventloop_lag_p99_seconds'),
          maxMs: late('nodejs_eventloop_lag_max_seconds'),
        }
      },
      tables: async () => {
        const found = await database.query(
          'console',
          `select relname as name, pg_total_relation_size(oid) as bytes,
             (xpath('/row/n/text()', query_to_xml('select count(*) as n from ' || quote_ident(relname), false, true, '')))[1]::text as rows
           from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by bytes desc`,
        )
        return z.array(bytes).parse(found)
      },
    }
  })

const untilAnswered = async (url: string, { exited, output }: TestProcess): Promise<void> => {
  let hasEnded = false
  void exited.then(() => {
    hasEnded = true
  })
  for (;;) {
    const isUp = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return
    if (hasEnded) throw new Error(`the console has ended:\n${output()}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** The value in a line of Prometheus's text format, whose beginning is an expression. */
const readNumber = (metrics: string, name: string): number =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1])
