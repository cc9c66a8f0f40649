import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// n.b. These ports lie below those that the system hands out to connections. Each worker and program has a range of its
// own, since another one could take a port between its choice and its use, or while its process is being restarted.
const portsPerWorker = 1_500
const firstPort = 20_000 + (Number(process.env.VITEST_POOL_ID ?? process.pid) % 8) * portsPerWorker

const handedOut = new Set<number>()

/** Ports that nothing listens on, each handed out once. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const ports: number[] = []
  while (ports.length < count) {
    const port = firstPort + randomInt(portsPerWorker)
    if (handedOut.has(port)) continue
    handedOut.add(port)
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
