import { connect, createServer, type Socket } from 'node:net'

/** Passes connections on to a URL's host and port, and cuts them on demand, as a network does. */
export const startCuttableProxy = async (target: string) => {
  const { hostname, port, pathname } = new URL(target)
  const open = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    open.add(socket)
    // n.b. a connection that is cut fails at its other end too
    return socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket))
  }
  const server = createServer(client => {
    const upstream = keep(connect(Number(port), hostname))
    keep(client).pipe(upstream).pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  const cut = (): void => {
    for (const socket of open) socket.resetAndDestroy()
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const ownPort = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${ownPort}${pathname}`,
    cut,
    stop: async (): Promise<void> => {
      cut()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
