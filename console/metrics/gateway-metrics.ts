import { lookup } from 'node:dns/promises'
import { registry } from '@supergraph/metrics/metrics.ts'
import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { readSamples, type Sample } from './samples.ts'

/** The metrics of the gateway's processes now, or why they can't be read. */
export type GatewayMetrics =
  | { readonly samples: readonly Sample[]; readonly processes: number }
  | { readonly trouble: string }

const withinMs = 2_000

/**
 * Makes what reads these metrics of the gateway: from this process if it runs here, else at `url`, and there from each process
 * that its name stands for. A gateway that runs always has a value of the metric `present`. Nothing is read unless somebody
 * asks.
 */
export const createReadGatewayMetrics =
  (url: string | undefined, names: readonly string[], present: string) =>
  async (): Promise<GatewayMetrics> => {
    try {
      if (url !== undefined) return await readElsewhere(new URL(url))
      // n.b. a process may have the gateway's code, or what a gateway that has stopped measured
      const known = names.filter(name => registry.getSingleMetric(name) !== undefined)
      const texts = await Promise.all(known.map(name => registry.getSingleMetricAsString(name)))
      const samples = readSamples(texts.join('\n'))
      return samples.some(({ name }) => name === present) ? { samples, processes: 1 } : { trouble: unknown }
    } catch (error) {
      return { trouble: `The gateway's metrics can't be read: ${messageOf(error)}` }
    }
  }

const unknown =
  'The gateway runs in another process: set GATEWAY_METRICS_URL to the address of its metrics, such as http://gateway:9464/metrics.'

/**
 * Reads from all processes that a name stands for and that answer.
 * n.b. each of them may have an address of either family, of which one is read: else its values would count twice
 */
const readElsewhere = async (url: URL): Promise<GatewayMetrics> => {
  const addresses = await lookup(url.hostname.replaceAll(/[[\]]/g, ''), { all: true })
  let failure: unknown = new Error(`${url.hostname} has no address`)
  for (const family of [4, 6]) {
    const own = addresses.filter(address => address.family === family)
    const read = await Promise.allSettled(own.map(({ address }) => readFrom(url, address)))
    const texts = read.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
    if (texts.length > 0) return { samples: texts.flatMap(readSamples), processes: texts.length }
    failure = read.find(each => each.status === 'rejected')?.reason ?? failure
  }
  throw failure
}

const readFrom = async (url: URL, address: string): Promise<string> => {
  const at = new URL(url)
  // n.b. a certificate is for a name
  if (url.protocol === 'http:') at.hostname = address.includes(':') ? `[${address}]` : address
  const response = await directFetch(at, { signal: AbortSignal.timeout(withinMs) })
  if (!response.ok) throw new Error(`it answered with status ${response.status}`)
  return response.text()
}
