import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { fixAttributes } from './attributes.ts'
import type { TelemetrySettings } from './environment.ts'

const instanceId = randomUUID()

/** Gives the attributes of what runs as a service in this process, as OTLP's JSON has them. */
export const createResourceTexts = ({
  OTEL_SERVICE_NAME: name,
  OTEL_RESOURCE_ATTRIBUTES: given,
  NODE_ENV: environment,
}: TelemetrySettings): ((service: string) => string) => {
  const texts = new Map<string, string>()
  const textOf = (service: string): string =>
    fixAttributes({
      'service.namespace': 'commerce-supergraph',
      'service.instance.id': instanceId,
      'deployment.environment.name': environment,
      'host.name': hostname(),
      'process.pid': process.pid,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': process.versions.node,
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.name': 'opentelemetry',
      ...given,
      'service.name': name ?? given?.['service.name'] ?? service,
    }).text.slice(1)

  return service => {
    const known = texts.get(service)
    if (known !== undefined) return known
    const text = textOf(service)
    texts.set(service, text)
    return text
  }
}
