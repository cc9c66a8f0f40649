import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { startProcess, type TestProcess } from '../../testbed/processes.ts'
import { waitUntil } from '../../testbed/waiting.ts'

const programs = {
  mailbox: 'stand-ins/mailbox/main.ts',
  users: 'subgraphs/users/main.ts',
  'products-1': 'subgraphs/products/main.ts',
  'products-2': 'subgraphs/products/main.ts',
  'payment-simulator': 'stand-ins/payment-simulator/main.ts',
  'orders-1': 'subgraphs/orders/main.ts',
  'orders-2': 'subgraphs/orders/main.ts',
  'notifications-1': 'subgraphs/notifications/main.ts',
  'notifications-2': 'subgraphs/notifications/main.ts',
  analytics: 'subgraphs/analytics/main.ts',
  'gateway-1': 'gateway/main.ts',
  'gateway-2': 'gateway/main.ts',
} as const

/** A process of the system. */
export type Service = keyof typeof programs

export type Ports = Readonly<Record<Service, number>>

/** The processes, each to be ended, stopped in its tracks and started again at its port. */
export type Services = Running & {
  /** Starts a process that does not run, with these settings beside its own, and waits until it is healthy. */
  readonly start: (service: Service, settings?: Settings) => Promise<void>
  /** Starts what does not run and wakes up what is paused. */
  readonly restore: () => Promise<void>
  /** kill -9; resolves when the process is gone. */
  readonly kill: (service: Service) => Promise<void>
  /** SIGSTOP, until `resume`. */
  readonly pause: (service: Service) => void
  readonly resume: (service: Service) => void
  /** What ended though nobody ended it, with the end of its output; told once. */
  readonly takeUnexpectedEnds: () => readonly string[]
}

export type Settings = Readonly<Record<string, string>>

const startWithinMs = 60_000
const logTailLength = 2_000
const endWithParent = join(import.meta.dirname, 'end-with-parent.ts')

/** Starts the services with their settings; `logFolder` gets a file of each one's output. */
export const startServices = async (
  settingsOf: (service: Service) => Settings,
  {
    services,
    ports,
    logFolder,
  }: {
    readonly services: readonly Service[]
    readonly ports: Ports
    readonly logFolder?: string | undefined
  },
): Promise<Services> => {
  const running = new Map<Service, TestProcess>()
  const paused = new Set<Service>()
  let unexpectedEnds: readonly string[] = []
  let isStopped = false

  const endAll = () => {
    for (const service of running.values()) service.send('SIGKILL')
  }
  process.once('exit', endAll)

  const start = async (service: Service, settings: Settings = {}): Promise<void> => {
    // n.b. a scenario that is interrupted may still be about to restart what it has killed
    if (isStopped) throw new Error(`${service} does not start any more: the system is stopped`)
    if (running.has(service)) throw new Error(`${service} runs already`)
    const started = startProcess(['--import', endWithParent, programs[service]], {
      ...settingsOf(service),
      ...settings,
      PORT: String(ports[service]),
    })
    running.set(service, started)
    void started.exited.then(code => {
      const output = started.output()
      if (logFolder !== undefined) {
        createWriteStream(join(logFolder, `${service}.log`), { flags: 'a' }).end(output)
      }
      if (running.get(service) !== started) return
      running.delete(service)
      const tail = output.slice(-logTailLength)
      unexpectedEnds = [...unexpectedEnds, `${service} ended by itself (exit code ${code}):\n${tail}`]
    })
    const health = `http://127.0.0.1:${ports[service]}/health`
    await waitUntil(
      `${service} is healthy`,
      async () => {
        if (running.get(service) !== started) return true
        return (await fetch(health, { signal: AbortSignal.timeout(1_000) })).ok
      },
      { timeoutMs: startWithinMs },
    )
  }
  const kill = async (service: Service): Promise<void> => {
    const killed = running.get(service)
    // n.b. first out of the map: an end that was asked for is no unexpected one
    running.delete(service)
    paused.delete(service)
    await killed?.end('SIGKILL')
  }
  const resume = (service: Service): void => {
    paused.delete(service)
    running.get(service)?.send('SIGCONT')
  }
  const restore = async (): Promise<void> => {
    for (const service of paused) resume(service)
    await Promise.all(services.filter(service => !running.has(service)).map(service => start(service)))
  }

  const stop = async (): Promise<void> => {
    isStopped = true
    await Promise.all(services.map(kill))
    process.off('exit', endAll)
  }

  try {
    await restore()
    if (unexpectedEnds.length > 0) throw new Error(unexpectedEnds.join('\n'))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    start,
    restore,
    kill,
    pause: service => {
      paused.add(service)
      running.get(service)?.send('SIGSTOP')
    },
    resume,
    takeUnexpectedEnds: () => {
      const taken = unexpectedEnds
      unexpectedEnds = []
      return taken
    },
    stop,
  }
}
