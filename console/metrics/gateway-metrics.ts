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
 * that its name stands for. Nothing is read unless somebody asks.
 */
export const createReadGatewayMetrics =
  (url: string | undefined, names: readonly string[]) => async (): Promise<GatewayMetrics> => {
    try {
      if (url !== undefined) return await readElsewhere(new URL(url))
      const known = names.filter(name => registry.getSingleMetric(name) !== undefined)
      if (known.length === 0) return { trouble: unknown }
      const texts = await Promise.all(known.map(name => registry.getSingleMetricAsString(name)))
      return { samples: readSamples(texts.join('\n')), processes: 1 }
    } catch (error) {
      return { trouble: `The gateway's metrics can't be read: ${messageOf(error)}` }
    }
  }

const unknown =
  'The gateway runs in another process: set GATEWAY_METRICS_URL to the address of its metrics, such as http://gateway:9464/metrics.'

/** n.b. a name may stand for several processes, whose values add up. */
const readElsewhere = async (url: URL): Promise<GatewayMetrics> => {
  const addresses = await lookup(url.hostname.replaceAll(/[[\]]/g, ''), { all: true })
  const texts = await Promise.all(addresses.map(({ address }) => readFrom(url, address)))
  return { samples: texts.flatMap(readSamples), processes: texts.length }
}

const readFrom = async (url: URL, address: string): Promise<string> => {
  const at = new URL(url)
  // n.b. a certificate is for a name
  if (url.protocol === 'http:') at.hostname = address.includes(':') ? `[${address}]` : address
  const response = await directFetch(at, { signal: AbortSignal.timeout(withinMs) })
  if (!response.ok) throw new Error(`it answered with status ${response.status}`)
  return response.text()
}
