import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { attributesIn, attributesOf } from './attributes.ts'
import type { TelemetrySettings } from './environment.ts'

const instanceId = randomUUID()

/** Gives the attributes of what runs as a service in this process, as OTLP has them. */
export const createResources = ({
  OTEL_SERVICE_NAME: name,
  OTEL_RESOURCE_ATTRIBUTES: given,
  NODE_ENV: environment,
}: TelemetrySettings): ((service: string) => Uint8Array) => {
  const resources = new Map<string, Uint8Array>()
  const resourceOf = (service: string): Uint8Array =>
    attributesIn(attributesOf.resource, {
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
    })

  return service => {
    const known = resources.get(service)
    if (known !== undefined) return known
    const resource = resourceOf(service)
    resources.set(service, resource)
    return resource
  }
}
