import { setImmediate, setTimeout } from 'node:timers/promises'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { CurrentGraph } from './current-graph.ts'
import { startFileWatch } from './file-watch.ts'
import type { Pause } from './warm-up.ts'

const lookEveryMs = 500

/**
 * Gives what serves another supergraph, once it is made and warm, and resolves to whether that is served now. One that can't
 * be served is refused with a line in the log, and the last good one stays. `source` is where supergraphs come from.
 */
export const createServeSupergraph = <Graph>({
  source,
  text: first,
  startGraph,
  current,
  logger,
}: {
  readonly source: string
  /** The text of the supergraph that is served. */
  readonly text: string
  readonly startGraph: (sdl: string, stopping: AbortSignal) => Promise<Graph>
  readonly current: Pick<CurrentGraph<Graph>, 'replace'>
  readonly logger: Logger
}) => {
  let served = first
  return async (sdl: string, stopping: AbortSignal): Promise<boolean> => {
    if (sdl === served) {
      logger.info({ source }, 'the supergraph is again the one that is served')
      return true
    }
    const beganAt = performance.now()
    try {
      await current.replace(await startGraph(sdl, stopping))
    } catch (error) {
      if (!stopping.aborted)
        logger.error(
          { source, reason: reasonsIn(error) },
          'the new supergraph is refused, and the last good one stays',
        )
      return false
    }
    served = sdl
    const tookMs = Math.round(performance.now() - beganAt)
    logger.info({ source, tookMs }, 'a new supergraph is served')
    return true
  }
}

/** Serves each supergraph that comes to stand in a file. */
export const watchSupergraph = ({
  path,
  text,
  serve,
  logger,
}: {
  readonly path: string
  /** The text that was read from the file. */
  readonly text: string
  readonly serve: (sdl: string, stopping: AbortSignal) => Promise<unknown>
  readonly logger: Logger
}): Running =>
  startFileWatch({
    path,
    text,
    everyMs: lookEveryMs,
    onChange: async (sdl, stopping) => void (await serve(sdl, stopping)),
    onError: error => logger.error({ path, reason: messageOf(error) }, 'the supergraph can not be read'),
  })

/** Lets what is due run between two pieces of work. */
export const pauseForOthers: Pause = () => setImmediate()

/** Makes pauses as long as the work between them, so that half of the time stays for what is served meanwhile; they throw when the signal aborts. */
export const createEqualPauses = (signal: AbortSignal): Pause => {
  let resumedAt = performance.now()
  return async () => {
    await setTimeout(performance.now() - resumedAt, undefined, { signal })
    resumedAt = performance.now()
  }
}

/** Warms up what is served already, until it is stopped. */
export const startWarmUp = (warmUp: (pause: Pause) => Promise<void>, logger: Logger): Running => {
  const stopping = new AbortController()
  const warming = warmUp(createEqualPauses(stopping.signal)).catch((error: unknown) => {
    if (!stopping.signal.aborted) logger.error({ err: error }, 'the expected operations are not all planned')
  })
  return {
    stop: () => {
      stopping.abort()
      return warming
    },
  }
}

const reasonsIn = (error: unknown): string => {
  const reasons = [messageOf(error)]
  for (let cause = causeOf(error); cause !== undefined; cause = causeOf(cause)) reasons.push(messageOf(cause))
  return reasons.join(': ')
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined)
