import { parseArgs } from 'node:util'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { parse } from 'yaml'
import { z } from 'zod'

/** rover asks for what the gateway can't be told. */
class UnusableConfig extends ExpectedError {
  override readonly name = 'UnusableConfig'
}

/** Where something listens. */
export type Address = { readonly host: string; readonly port: number }

/** How rover 0.41 starts its plugin `router`; `health` is where it waits for an answer, if it waits. */
export type RouterCall = {
  readonly supergraphPath: string
  readonly configPath: string
  readonly listen: Address
}

/** What a router's configuration says that the gateway heeds. */
export type RouterConfig = {
  readonly health: (Address & { readonly path: string }) | undefined
  /** What it says beside that. */
  readonly ignored: readonly string[]
}

/** Reads the arguments; throws if they are not those of rover. */
export const readRouterCall = (args: readonly string[]): RouterCall => {
  const flag = { type: 'boolean' } as const
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      supergraph: text,
      config: text,
      listen: text,
      log: text,
      license: text,
      dev: flag,
      'hot-reload': flag,
    },
  })
  const { supergraph, config, listen } = values
  if (supergraph === undefined || config === undefined || listen === undefined)
    throw new UnusableConfig(
      'rover dev runs this program: --supergraph FILE --config FILE --listen HOST:PORT',
    )
  return { supergraphPath: supergraph, configPath: config, listen: addressOf(listen) }
}

const routerConfig = z
  .looseObject({
    supergraph: z.looseObject({ listen: z.string().optional(), path: z.string().optional() }).optional(),
    health_check: z
      .object({
        enabled: z.boolean().default(true),
        listen: z.string().default('127.0.0.1:8088'),
        path: z.string().default('/health'),
      })
      .optional(),
  })
  .nullable()

/** Reads a router's configuration, as rover hands it over. */
export const readRouterConfig = (text: string): RouterConfig => {
  const { success, data, error } = routerConfig.safeParse(parse(text))
  if (!success)
    throw new UnusableConfig(`the router's configuration is not usable: ${z.prettifyError(error)}`)
  const { supergraph = {}, health_check, ...others } = data ?? {}
  const { listen: _, ...ofSupergraph } = supergraph
  return {
    health: health_check?.enabled
      ? { ...addressOf(health_check.listen), path: health_check.path }
      : undefined,
    ignored: [...Object.keys(ofSupergraph).map(key => `supergraph.${key}`), ...Object.keys(others)],
  }
}

const addressOf = (text: string): Address => {
  const { hostname, port } = URL.parse(`http://${text}`) ?? {}
  if (!hostname) throw new UnusableConfig(`${text} is no address: put one there such as 127.0.0.1:4100`)
  // n.b. a URL drops the port 80
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) }
}
