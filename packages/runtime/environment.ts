import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { messageOf } from './error-text.ts'
import { ExpectedError } from './expected-error.ts'

/** Settings that can't be used: one line each, naming the setting and what to put there. */
export class EnvironmentError extends ExpectedError {
  override readonly name = 'EnvironmentError'
  readonly problems: readonly string[]

  constructor(process: string, problems: readonly string[]) {
    super(`${process} can't start:\n${problems.map(problem => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** Environment variables as a process finds them. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * Parses a process's variables, or throws one EnvironmentError that names every mistake. An empty variable counts as absent.
 * A setting may also be in a file, which `<NAME>_FILE` names; the file counts before `<NAME>`, without the line feed at its end.
 */
export const parseEnvironment = <S extends z.ZodObject>(
  process: string,
  schema: S,
  variables: Variables,
): z.output<S> => {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const { found: inFiles, problems } = readFiles(Object.keys(schema.shape), given)
  const present: Variables = { ...given, ...Object.fromEntries(inFiles) }
  const result = schema.safeParse(present)
  if (result.success && problems.size === 0) return result.data
  const issues = result.error?.issues ?? []
  throw new EnvironmentError(process, [
    ...problems.values(),
    ...issues
      .map(({ path, message }) => ({ name: path.map(String).join('.'), message }))
      .filter(({ name }) => !problems.has(name))
      .map(({ name, message }) => {
        const state = present[name] === undefined ? 'is not set' : 'is not usable'
        return `${name} ${state}: ${message}`
      }),
  ])
}

/** The settings that are in files, and what is wrong with the others that should be, by their names. */
const readFiles = (names: readonly string[], given: Variables) => {
  const found = new Map<string, string>()
  const problems = new Map<string, string>()
  for (const name of names) {
    const path = given[`${name}_FILE`]
    if (path === undefined) continue
    try {
      const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
      if (text !== '') found.set(name, text)
    } catch (error) {
      const hint = 'put the path there of a file that this process can read'
      problems.set(name, `${name}_FILE is not usable: ${hint} (${messageOf(error)})`)
    }
  }
  return { found, problems }
}

/** Reads two groups of settings; throws one EnvironmentError with the mistakes of both. */
export const readBoth = <A, B>(process: string, readFirst: () => A, readSecond: () => B): readonly [A, B] => {
  const problems: string[] = []
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error
      problems.push(...error.problems)
      return undefined
    }
  }
  const [first, second] = [attempt(readFirst), attempt(readSecond)]
  if (first === undefined || second === undefined) throw new EnvironmentError(process, problems)
  return [first, second]
}

/** A TCP port; 0 lets the system choose. */
export const port = (example: number) =>
  z.coerce
    .number({ error: `put a port number there, such as ${example}` })
    .int({ error: `put a port number there, such as ${example}` })
    .min(0, { error: `put a port number from 0 to 65535 there, such as ${example}` })
    .max(65_535, { error: `put a port number from 0 to 65535 there, such as ${example}` })

/** A URL with one of these protocols, given without colon. */
export const url = (protocols: readonly string[], example: string) =>
  z
    .string({ error: `put a URL there, such as ${example}` })
    .refine(value => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)), {
      error: `put a URL there, such as ${example}`,
    })

/** URLs of the replicas of a service, separated by commas, as one text without spaces. */
export const urls = (protocols: readonly string[], example: string) => {
  const error = `put a URL there, such as ${example}, or those of several replicas, separated by commas`
  const isUsable = (text: string) =>
    URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1))
  return z
    .string({ error })
    .transform(listed)
    .refine(text => text.split(',').every(isUsable), { error })
}

const listed = (text: string): string =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
    .join(',')

/** `true` or `false`. */
export const flag = z
  .enum(['true', 'false'], { error: 'put true or false there' })
  .transform(value => value === 'true')

/** The settings of every HTTP process: the address to listen on, how much to log, and whether this is development. */
export const processVariables = {
  HOST: z.string().default('127.0.0.1').describe('the address to listen on'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
      error: 'put trace, debug, info, warn, error or silent there',
    })
    .default('info')
    .describe('how much is logged: `trace`, `debug`, `info`, `warn`, `error` or `silent`'),
  NODE_ENV: z
    .enum(['development', 'production', 'test'], { error: 'put development, production or test there' })
    .default('development')
    .describe(
      '`production`, `development` or `test`: production asks for real settings, and has no demo data and no explorers',
    ),
}

/** A PostgreSQL database, such as a service's own. */
export const databaseUrl = (name: string) =>
  url(['postgres', 'postgresql'], `postgres://${name}:password@127.0.0.1:5432/${name}`)

/** A service's own database, and where PostgreSQL itself is if the first leads to a pooler. */
export const databaseVariables = (name: string) => ({
  DATABASE_URL: databaseUrl(name).meta({ description: "the service's own database", secret: true }),
  DATABASE_DIRECT_URL: databaseUrl(name).optional().meta({
    description:
      'PostgreSQL itself, if the URL of the database [leads to a pooler](running.md#behind-a-connection-pooler)',
    secret: true,
  }),
})

/** The broker, for a process of its own; the namespace keeps several installations on one broker apart. */
export const brokerVariables = {
  RABBITMQ_NAMESPACE: z.string().optional().describe('keeps several installations on one broker apart'),
  RABBITMQ_URL: url(['amqp', 'amqps'], 'amqp://guest:guest@127.0.0.1:5672').meta({
    description: 'the broker that carries the events',
    secret: true,
  }),
}
