import { hash } from 'node:crypto'
import { within } from '@supergraph/runtime/deadline.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { EntityStore } from './entity-store.ts'

const answerWithinMs = 100
const connectWithinMs = 2_000
const longestPauseMs = 5_000
// n.b. the time at which a value expires stands before its text
const separator = ' '

/**
 * Keeps values in a Redis (7.0 or later) that all gateways share: a hash for each entity, a field for each selection.
 * While Redis does not answer within 100 ms, nothing is kept.
 */
export const connectRedisStore = async (url: string, logger: Logger): Promise<EntityStore> => {
  const { createClient } = await import('@redis/client')
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: connectWithinMs,
      reconnectStrategy: retries => Math.min(longestPauseMs, 100 * 2 ** retries),
    },
  })
  let isAway = false
  const noteAway = (err: unknown): void => {
    if (!isAway) logger.warn({ err }, 'the cache of entities does not answer: nothing is kept meanwhile')
    isAway = true
  }
  client.on('error', noteAway)
  client.on('ready', () => {
    if (isAway) logger.info('the cache of entities answers again')
    isAway = false
  })
  client.connect().catch(noteAway)

  const tryTo = <T>(work: () => Promise<T>): Promise<T | undefined> => {
    if (!client.isReady) return Promise.resolve(undefined)
    return within(answerWithinMs, work(), () => {
      throw new Error(`no answer within ${answerWithinMs} ms`)
    }).catch(error => {
      noteAway(error)
      return undefined
    })
  }

  return {
    find: async names => {
      const values = await tryTo(() =>
        Promise.all(names.map(({ entity, selection }) => client.hGet(keyOf(entity), fieldOf(selection)))),
      )
      const nowMs = Date.now()
      return names.map((_, index) => textIn(values?.[index] ?? undefined, nowMs))
    },
    keep: entries => {
      const nowMs = Date.now()
      void tryTo(() =>
        Promise.all(
          entries.flatMap(({ entity, selection, text, expiresAtMs }) => {
            const key = keyOf(entity)
            const leftMs = expiresAtMs - nowMs
            return [
              client.hSet(key, fieldOf(selection), `${expiresAtMs}${separator}${text}`),
              // n.b. GT alone leaves a key without an expiry as it is
              client.pExpire(key, leftMs, 'NX'),
              client.pExpire(key, leftMs, 'GT'),
            ]
          }),
        ),
      )
    },
    forget: entities => {
      if (entities.length > 0) void tryTo(() => client.unlink(entities.map(keyOf)))
    },
    stop: async () => {
      client.destroy()
    },
  }
}

const keyOf = (entity: string): string => `entity:${hash('sha256', entity)}`
const fieldOf = (selection: string): string => hash('sha256', selection)

const textIn = (value: string | undefined, nowMs: number): string | undefined => {
  const end = value?.indexOf(separator) ?? -1
  if (value === undefined || end === -1 || Number(value.slice(0, end)) <= nowMs) return undefined
  return value.slice(end + separator.length)
}
