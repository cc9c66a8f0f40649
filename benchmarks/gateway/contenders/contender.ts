import type { Server } from 'node:http'
import { z } from 'zod'
import { readSettings, serveParent } from '../parent.ts'

const settings = z.object({
  /** The supergraph of each graph. */
  supergraphs: z.record(z.string(), z.string()),
  /** The subgraphs of each graph, by their names. */
  subgraphs: z.record(z.string(), z.record(z.string(), z.object({ url: z.string(), sdl: z.string() }))),
  /** What a gateway of ours needs to check and to sign. */
  identityKey: z.string(),
  jwksUrl: z.string(),
})

/** What a gateway is started with. */
export type ContenderSettings = z.output<typeof settings>

/** Starts the gateway in this process, and tells the parent where it answers, and later how much CPU time it has used. */
export const runContender = async (
  start: (settings: ContenderSettings) => Promise<Readonly<Record<string, string>>>,
): Promise<void> => {
  const urls = await start(settings.parse(readSettings()))
  serveParent(urls, () => {
    const { user, system } = process.cpuUsage()
    return user + system
  })
}

/** Starts a gateway for each graph, in turn. */
export const forEachGraph = async (
  { supergraphs }: ContenderSettings,
  start: (supergraphSdl: string, graph: string) => Promise<string>,
): Promise<Readonly<Record<string, string>>> => {
  const urls: Record<string, string> = {}
  for (const [graph, supergraphSdl] of Object.entries(supergraphs))
    urls[graph] = await start(supergraphSdl, graph)
  return urls
}

/** Lets a server listen on a free port, and gives its address. */
export const listen = async (server: Server): Promise<string> => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${z.object({ port: z.number() }).parse(server.address()).port}/graphql`
}
