import { readServiceSettings } from '@supergraph/messaging/run-service.ts'
import { readMetricsSettings } from '@supergraph/metrics/serve.ts'
import { readTelemetrySettings } from '@supergraph/telemetry/environment.ts'
import { readDescriptions } from '../commands/settings/descriptions.ts'
import { urlSettingOf } from '../embedded/settings.ts'
import { type ServiceName, serviceNames, services, subgraphNames } from '../services.ts'

/** The processes that serve metrics. */
export const measured: readonly ServiceName[] = serviceNames.filter(
  name => services[name].kind !== 'stand-in',
)

/** Those that events concern. */
export const connected: readonly ServiceName[] = measured.filter(name => name !== 'registry')

/** Those that trace what they do. */
export const traced: readonly ServiceName[] = connected.filter(name => name !== 'console')

/**
 * The settings that a process of its own reads, also those of its broker and its traces if it has these; throws an
 * EnvironmentError.
 */
export const readSettings = async (
  name: ServiceName,
  environment: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> => {
  const own = await services[name].readEnvironment(environment)
  if (!measured.includes(name)) return own
  if (!connected.includes(name)) return { ...own, ...readMetricsSettings(name, environment) }
  const around = readServiceSettings(name, () => own, environment)
  const ofTraces = traced.includes(name) ? readTelemetrySettings(name, environment) : {}
  return { ...around[0], ...around[1], ...ofTraces }
}

/** The names of the settings that a process knows, by the page about settings and the subgraphs that there are. */
export const knownSettings = async (process: ServiceName): Promise<readonly string[]> => [
  ...(await readDescriptions()).filter(({ service }) => service === process).map(({ name }) => name),
  ...(process === 'gateway' ? subgraphNames().map(urlSettingOf) : []),
]
