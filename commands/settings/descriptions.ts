import { relative } from 'node:path'
import { surroundings } from '@supergraph/messaging/run-service.ts'
import { metricsVariables } from '@supergraph/metrics/serve.ts'
import { EnvironmentError, type Variables } from '@supergraph/runtime/environment.ts'
import { faultVariables } from '@supergraph/runtime/faults/follow.ts'
import { endingVariables } from '@supergraph/runtime/lifecycle.ts'
import { telemetryVariables } from '@supergraph/telemetry/environment.ts'
import { z } from 'zod'
import { type ServiceName, serviceNames, services } from '../../services.ts'

/** A setting of a process. */
export type Described = {
  readonly service: ServiceName
  readonly name: string
  readonly description: string
  /** As an operator writes it; empty if there is none. */
  readonly fallback: string
  /** What is taken in development if nothing is set, where that is something else. */
  readonly inDevelopment: string | undefined
  readonly isSecret: boolean
  /** Whether the process does not start in production without it. */
  readonly isRequired: boolean
}

/** Every setting of every process, from the schemas that read them; throws if one does not say what it is for. */
export const readDescriptions = async (): Promise<readonly Described[]> => {
  const described = await Promise.all(serviceNames.map(describe))
  return described.flat()
}

const describe = async (service: ServiceName): Promise<readonly Described[]> => {
  const { variables, developmentDefaults = {} } = await services[service].importEnvironment()
  const shape = { ...surroundingsOf(service), ...variables.shape }
  const required = await missingIn(service, { NODE_ENV: 'production' })
  return Object.entries(shape).map(([name, schema]) => {
    const { description, secret } = metaOf(schema) ?? {}
    if (description === undefined) throw new Error(`${name} of ${service} does not say what it is for`)
    return {
      ...{ service, name, description },
      fallback: fallbackOf(schema),
      inDevelopment: developmentDefaults[name],
      isSecret: secret === true,
      isRequired: required.has(name),
    }
  })
}

/** n.b. The stand-ins have no broker and no metrics, the registry no broker, and the console sends no traces: see their main.ts. */
const surroundingsOf = (service: ServiceName): z.ZodRawShape => {
  const { kind } = services[service]
  const isTraced = kind === 'subgraph' || kind === 'gateway'
  return {
    ...endingVariables,
    ...(kind !== 'console' && faultVariables),
    ...(kind !== 'stand-in' && metricsVariables),
    ...(isTraced && { ...surroundings.shape, ...telemetryVariables }),
  }
}

/** The settings without which a process does not start, of those that these variables do not have. */
const missingIn = async (service: ServiceName, variables: Variables): Promise<ReadonlySet<string>> => {
  const own = services[service].readEnvironment(variables)
  const { problems } = await own.then(
    () => ({ problems: [] }),
    (error: unknown) => {
      if (error instanceof EnvironmentError) return error
      throw error
    },
  )
  const around = z.object(surroundingsOf(service)).safeParse(variables).error?.issues ?? []
  return new Set([
    ...problems.flatMap(problem => /^(\w+) is not set/.exec(problem)?.[1] ?? []),
    ...around.map(({ path }) => path.map(String).join('.')),
  ])
}

type Schema = z.core.$ZodType

/** What a schema says of itself, or what one says that it wraps. */
const metaOf = (schema: Schema): z.core.GlobalMeta | undefined => {
  const inner = innerOf(schema)
  return z.globalRegistry.get(schema) ?? (inner && metaOf(inner))
}

const fallbackOf = (schema: Schema): string => {
  if (schema instanceof z.ZodDefault) return textOf(schema.def.defaultValue)
  const inner = innerOf(schema)
  return inner === undefined ? '' : fallbackOf(inner)
}

const innerOf = (schema: Schema): Schema | undefined => {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return schema.def.innerType
  return schema instanceof z.ZodPipe ? schema.def.in : undefined
}

const textOf = (value: unknown): string => {
  const text = String(value)
  return text.startsWith('/') ? relative(process.cwd(), text) : text
}
