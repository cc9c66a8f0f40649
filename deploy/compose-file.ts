import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, posix } from 'node:path'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import { z } from 'zod'

/** A Compose file with its variables filled in: services, networks, volumes and secrets by name. */
export type ComposeFile = z.output<typeof composeFile>

/** Values of a `.env` file. */
export type Variables = Readonly<Record<string, string | undefined>>

const locate = (manifest: string, file: string): string =>
  join(dirname(createRequire(import.meta.url).resolve(manifest)), file)

const secretsFolder = '/run/secrets'

/** A secret of a service, and the path of its file in the container. */
const grant = z
  .union([
    z.string().transform(source => ({ source, target: source })),
    z.strictObject({ source: z.string(), target: z.string() }),
  ])
  .transform(({ source, target }) => ({ source, target: posix.resolve(secretsFolder, target) }))

const composeFile = z.object({
  services: z.record(
    z.string(),
    z.object({
      build: z.string().optional(),
      image: z.string().optional(),
      profiles: z.array(z.string()).default([]),
      deploy: z.strictObject({ replicas: z.string() }).default({ replicas: '1' }),
      stop_grace_period: z.string().optional(),
      command: z.array(z.string()).default([]),
      environment: z.record(z.string(), z.coerce.string()).default({}),
      secrets: z.array(grant).default([]),
      ports: z.array(z.string()).default([]),
      networks: z.array(z.string()),
      volumes: z.array(z.string()).default([]),
      depends_on: z
        .record(
          z.string(),
          z.object({ condition: z.literal('service_healthy'), required: z.boolean().default(true) }),
        )
        .default({}),
      healthcheck: z.object({ test: z.tuple([z.literal('CMD')], z.string()) }),
    }),
  ),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() }).nullable()),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
})

const { $schema: _, ...specification } = z
  .record(z.string(), z.unknown())
  .parse(JSON.parse(readFileSync(locate('dclint/package.json', 'schemas/compose.schema.json'), 'utf8')))
const conforms = addFormats.default(new Ajv.default({ strict: false })).compile(specification)

/**
 * Reads a Compose file as Compose would with these variables; throws if it breaks the Compose specification, whose
 * JSON schema the package `dclint` ships.
 */
export const readComposeFile = (text: string, variables: Variables): ComposeFile => {
  const document = fillIn(parse(text, { merge: true }), variables)
  if (!conforms(document)) {
    throw new Error(
      (conforms.errors ?? [])
        .map(error => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`)
        .join('\n'),
    )
  }
  return composeFile.parse(document)
}

/**
 * The environment of a container for a process outside of it: each `…_FILE` has the path of the secret's own file instead of
 * the one in the container. Throws if it names a file that the service is not given.
 */
export const environmentOutside = (
  { environment, secrets }: Pick<ComposeFile['services'][string], 'environment' | 'secrets'>,
  { secrets: files }: Pick<ComposeFile, 'secrets'>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => {
      if (!name.endsWith('_FILE')) return [name, value]
      const { file } = files[secrets.find(({ target }) => target === value)?.source ?? ''] ?? {}
      if (file === undefined) throw new Error(`${name} is ${value}, and no secret of the service is there`)
      return [name, file]
    }),
  )

/** Fills variables in, wherever they are in a document; throws for one that is required and missing. */
export const fillIn = (value: unknown, variables: Variables): unknown => {
  if (typeof value === 'string') return fillInText(value, variables)
  if (Array.isArray(value)) return value.map(item => fillIn(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, variables)]))
}

const fillInText = (text: string, variables: Variables): string =>
  text.replaceAll(
    /\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})/g,
    (whole: string, variable: string | undefined, operator: string | undefined, operand = '') => {
      if (variable === undefined) return whole === '$$' ? '$' : whole
      const value = variables[variable] ?? ''
      if (value !== '' || operator === '-') return value || operand
      throw new Error(`${variable} is not set: ${operator === '?' ? operand : 'and has no default'}`)
    },
  )
