import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * A TCP line to the broker that can be cut: what is open breaks, what is new is refused. `change` may change in place what clients
 * send.
 */
export const createBrokenLine = async (brokerUrl: string, change: (chunk: Buffer) => void = () => {}) => {
  const broker = new URL(brokerUrl)
  const sockets = new Set<Socket>()
  let isCut = false
  let passes = (_: Buffer) => true
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer(near => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect({ host: broker.hostname, port: Number(broker.port || 5672) })
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay())
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (chunk: Buffer) => {
      change(chunk)
      if (passes(chunk)) far.write(chunk)
      else cut()
    })
    far.pipe(near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    cut()
    server.close()
  })
  const line = new URL(brokerUrl)
  line.hostname = '127.0.0.1'
  line.port = String(portOf(server))
  return {
    url: line.href,
    cut,
    mend: () => {
      isCut = false
    },
    /** Cuts the line in the place of the n-th method that its one client sends from now on; returns how many it has sent. */
    cutInPlaceOf: (n: number): (() => number) => {
      const countIn = createMethodCount()
      let sent = 0
      passes = chunk => {
        sent += countIn(chunk)
        return sent < n
      }
      return () => sent
    },
  }
}

/** Counts the methods in what the client of one open connection sends: frames of type 1. */
const createMethodCount = () => {
  let rest = Buffer.alloc(0)
  return (chunk: Buffer): number => {
    let count = 0
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const length = rest.length < 7 ? Number.POSITIVE_INFINITY : 7 + rest.readUInt32BE(3) + 1
      if (rest.length < length) return count
      if (rest[0] === 1) count += 1
      rest = rest.subarray(length)
    }
  }
}

export const portOf = (server: Server): number => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return address.port
}
