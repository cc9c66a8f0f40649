import { createServer } from 'node:http'

/** An event's number, when it was sent, and the text that clients at a floor get of it. */
export type Published = { readonly n: number; readonly at: number; readonly productId: string }

/** What the events of the benchmark are about. */
export const products = 100

/** Microseconds, the same for all processes of one machine. */
export const nowMicroseconds = (): number => Number(process.hrtime.bigint() / 1_000n)

/** Publishes one event for each POST; gives the address to send them to. */
export const startPublisher = async (publish: (event: Published) => void): Promise<string> => {
  let n = 0
  const server = createServer((_request, response) => {
    n += 1
    publish({ n, at: nowMicroseconds(), productId: `p${n % products}` })
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${portOf(server.address())}/`
}

/** The port of a server that listens. */
export const portOf = (address: unknown): number => {
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port)
  throw new Error('the server has no port')
}
