import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { freePorts } from '../../testbed/ports.ts'
import { type Balancer, startBalancer } from './balancer.ts'

/** One address before the replicas of a service. */
export type Front = Running & {
  /** Where it takes connections, for these replicas, which are the same each time. */
  readonly before: (origins: readonly string[]) => string
}

/**
 * Leads each connection to a replica that is ready, in turn, as the service of a container platform does: for those who
 * can call one address only.
 */
export const startFront = async (): Promise<Front> => {
  const [port = 0] = await freePorts(1)
  const open = new Set<Socket>()
  let balancer: Balancer | undefined
  let taken = 0
  const server = createServer(near => {
    const ready = balancer?.ready() ?? []
    const origin = ready[taken % ready.length]
    taken += 1
    if (origin === undefined) {
      near.destroy()
      return
    }
    const far = connect(Number(new URL(origin).port), '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one
        .on('error', () => other.destroy())
        .on('close', () => {
          open.delete(one)
          other.end()
        })
    }
    near.pipe(far).pipe(near)
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    before: origins => {
      balancer ??= startBalancer(origins)
      return `http://127.0.0.1:${port}`
    },
    stop: async () => {
      await balancer?.stop()
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}
