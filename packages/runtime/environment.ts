import { z } from 'zod'
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

/** Parses a process's variables, or throws one EnvironmentError that names every mistake. An empty variable counts as absent. */
export const parseEnvironment = <S extends z.ZodObject>(
  process: string,
  schema: S,
  variables: Variables,
): z.output<S> => {
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const result = schema.safeParse(present)
  if (result.success) return result.data
  throw new EnvironmentError(
    process,
    result.error.issues.map(({ path, message }) => {
      const name = path.map(String).join('.')
      const found = present[name] === undefined ? 'is not set' : 'is not usable'
      return `${name} ${found}: ${message}`
    }),
  )
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

/** `true` or `false`. */
export const flag = z
  .enum(['true', 'false'], { error: 'put true or false there' })
  .transform(value => value === 'true')

/** The settings of every HTTP process: the address to listen on, how much to log, and whether this is development. */
export const processVariables = {
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
      error: 'put trace, debug, info, warn, error or silent there',
    })
    .default('info'),
  NODE_ENV: z
    .enum(['development', 'production', 'test'], { error: 'put development, production or test there' })
    .default('development'),
}

/** A PostgreSQL database, such as a service's own. */
export const databaseUrl = (name: string) =>
  url(['postgres', 'postgresql'], `postgres://${name}:password@127.0.0.1:5432/${name}`)

/** The broker, for a process of its own; the namespace keeps several installations on one broker apart. */
export const brokerVariables = {
  RABBITMQ_NAMESPACE: z.string().optional(),
  RABBITMQ_URL: url(['amqp', 'amqps'], 'amqp://guest:guest@127.0.0.1:5672'),
}
