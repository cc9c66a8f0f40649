import { existsSync, readFileSync } from 'node:fs'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import { writeWholeFile } from '@supergraph/runtime/write-whole-file.ts'
import { fetchSupergraph, type SupergraphAddress } from './fetch-supergraph.ts'

const firstWithinMs = 5_000
const askWithinMs = 30_000
const retryMs = 5_000

/** What was started, and on which supergraph. */
type Started<T> = { readonly started: T; readonly sdl: string }

type Start<T> = (sdl: string) => Promise<T>

/** A registry as the source of the supergraph. */
export type RegistrySource = ReturnType<typeof createRegistrySource>

/**
 * Takes the supergraph from a registry. The last one that was served is kept in a file, from which the gateway starts while
 * the registry is away.
 */
export const createRegistrySource = (
  { path, ...address }: SupergraphAddress & { readonly path: string },
  logger: Logger,
) => {
  let asked: string | undefined
  let servedId: string | undefined
  let isAway = false

  const keep = async (sdl: string): Promise<void> => {
    try {
      await writeWholeFile(path, sdl)
    } catch (error) {
      logger.error(
        { path, reason: messageOf(error) },
        'the supergraph can not be kept: let this user write there',
      )
    }
  }

  const accept = async (id: string, sdl: string): Promise<void> => {
    servedId = id
    await keep(sdl)
  }

  const noteAway = (error: unknown): void => {
    if (!isAway)
      logger.error(
        { reason: messageOf(error) },
        'the registry can not be asked, and the last supergraph stays',
      )
    isAway = true
  }

  const startKept = async <T>(start: Start<T>, shipped: () => string): Promise<Started<T>> => {
    if (existsSync(path)) {
      try {
        const sdl = readFileSync(path, 'utf8')
        return { sdl, started: await start(sdl) }
      } catch (error) {
        logger.error(
          { path, reason: messageOf(error) },
          'the supergraph that was kept can not be served, and the shipped one is',
        )
      }
    }
    const sdl = shipped()
    return { sdl, started: await start(sdl) }
  }

  const askFirst = () =>
    fetchSupergraph(address, undefined, AbortSignal.timeout(firstWithinMs)).catch(noteAway)

  return {
    /** What the readiness of the gateway tells of it: the version that is served, or that it came from the file. */
    about: (): Readonly<Record<string, string>> => ({ registryVersion: servedId ?? 'kept' }),

    /** Starts with the supergraph of the registry; if that is away, or can't be served, with the one that was kept; if there is none, or that can't be served either, with `shipped`. */
    startFirst: async <T>(start: Start<T>, shipped: () => string): Promise<Started<T>> => {
      const fetched = await askFirst()
      if (fetched?.kind !== 'supergraph') return startKept(start, shipped)
      const { id, sdl } = fetched
      asked = id
      try {
        const started = await start(sdl)
        await accept(id, sdl)
        return { sdl, started }
      } catch (error) {
        logger.error({ id, reason: messageOf(error) }, 'the supergraph of the registry can not be served')
        return startKept(start, shipped)
      }
    },

    /** Asks again and again; `serve` resolves to whether the supergraph is served now. */
    startUpdates: (serve: (sdl: string, stopping: AbortSignal) => Promise<boolean>): Running =>
      startLoop({
        everyMs: retryMs,
        work: async stopping => {
          const signal = AbortSignal.any([stopping, AbortSignal.timeout(askWithinMs)])
          const fetched = await fetchSupergraph(address, asked, signal)
          if (isAway) logger.info('the registry answers again')
          isAway = false
          if (fetched.kind === 'supergraph') {
            // n.b. one that is refused is not asked for again
            asked = fetched.id
            if (await serve(fetched.sdl, stopping)) await accept(fetched.id, fetched.sdl)
          }
          return fetched.delayMs
        },
        onError: noteAway,
      }),
  }
}
