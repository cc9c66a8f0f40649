import { hash, randomUUID } from 'node:crypto'
import { createBreaker } from '@supergraph/runtime/breaker.ts'
import { within } from '@supergraph/runtime/deadline.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { steadyNowMs } from '@supergraph/runtime/steady-clock.ts'
import type { EntityStore, Entry, Found, Kept } from './entity-store.ts'
import { createWriters, writersRememberedMs } from './writers.ts'

const answerWithinMs = 100
const connectWithinMs = 2_000
const longestPauseMs = 5_000
const pingEveryMs = 1_000
// n.b. less than the pause of the breaker, whose trials would keep a connection open on which nothing comes
const longestSilenceMs = 3_000
const failuresInARow = 10
const maxCommands = 10_000
const maxBytesUnderWay = 16 * 1024 * 1024
const generationForMs = 24 * 60 * 60 * 1_000

/** Stands for all entities: with its generation all that is kept is forgotten. */
const everything = 'everything'

/**
 * Keeps values in a Redis (7.0 or later) that all gateways share. Each entity has a generation, which is drawn when the
 * entity is looked up and has none; a value counts only with the generation that was there before its subgraph was asked.
 * To forget an entity is to delete its generation, and its values expire on their own.
 *
 * While Redis does not answer within 100 ms nothing is kept. What changes meanwhile is not known to Redis, so everything is
 * forgotten before the next look-up; and when the store is opened too, since perhaps no gateway has heard what changed
 * before.
 */
export const connectRedisStore = async (url: string, logger: Logger): Promise<EntityStore> => {
  const { createClient } = await import('@redis/client')
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: maxCommands,
    pingInterval: pingEveryMs,
    socket: {
      connectTimeout: connectWithinMs,
      socketTimeout: longestSilenceMs,
      reconnectStrategy: retries => Math.min(longestPauseMs, 100 * 2 ** retries),
    },
  })
  const createCircuit = () => createBreaker({ failuresInARow, pauseMs: longestPauseMs })
  let circuit = createCircuit()
  let isAway = false
  const noteAway = (err: unknown): void => {
    if (!isAway) logger.warn({ err }, 'the cache of entities does not answer: nothing is kept meanwhile')
    isAway = true
  }
  client.on('error', noteAway)
  client.on('ready', () => {
    if (isAway) logger.info('the cache of entities answers again')
    isAway = false
    circuit = createCircuit()
  })
  client.connect().catch(noteAway)

  /** Gives what Redis answers; undefined if it does not. */
  const tryTo = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    const entered = circuit
    const pass = client.isReady ? entered.enter() : undefined
    if (pass === undefined) return undefined
    try {
      const answer = await within(answerWithinMs, work(), () => {
        throw new Error(`no answer within ${answerWithinMs} ms`)
      })
      entered.leave(pass, 'worked')
      return answer
    } catch (error) {
      entered.leave(pass, 'failed')
      noteAway(error)
      return undefined
    }
  }

  let changesMissed = 1
  let changesCaughtUp = 0
  const forget = async (entities: readonly string[]): Promise<boolean> =>
    (await tryTo(() => client.unlink(entities.map(generationKey)))) !== undefined
  /** Whether Redis knows of all changes that were heard. */
  const catchUp = async (): Promise<boolean> => {
    const upTo = changesMissed
    if (changesCaughtUp === upTo) return true
    const isDone = await forget([everything])
    if (isDone) changesCaughtUp = Math.max(changesCaughtUp, upTo)
    return isDone
  }

  /** Gives the generations at some keys, and draws those that are missing. */
  const generationsAt = (keys: readonly string[], found: readonly (string | null | undefined)[]) => {
    const drawn = randomUUID()
    return Promise.all(
      keys.map(async (key, index) => {
        const expiration = { type: 'PX', value: generationForMs } as const
        return (
          found[index] ?? (await client.set(key, drawn, { condition: 'NX', GET: true, expiration })) ?? drawn
        )
      }),
    )
  }

  let bytesUnderWay = 0
  const keep = (entries: readonly Entry[], prefixes: ReadonlyMap<string, string>): void => {
    const bytes = entries.reduce((sum, { text }) => sum + text.length, 0)
    if (bytesUnderWay + bytes > maxBytesUnderWay) return
    const nowMs = steadyNowMs()
    const set = ({ entity, selection, text, expiresAtMs }: Entry) =>
      client.set(valueKey(entity, selection), `${prefixes.get(entity)}${expiresAtMs} ${text}`, {
        expiration: { type: 'PX', value: Math.max(1, expiresAtMs - nowMs) },
      })
    void tryTo(() => {
      bytesUnderWay += bytes
      // n.b. a command takes its bytes until Redis answers or the connection breaks, however late that is
      return Promise.all(entries.map(set)).finally(() => {
        bytesUnderWay -= bytes
      })
    })
  }

  const writers = createWriters()

  return {
    find: async (names, user) => {
      const nothing: Found = { kept: names.map(() => undefined), keep: () => undefined }
      if (!(await catchUp())) return nothing
      const generationKeys = [everything, ...names.map(({ entity }) => entity)].map(generationKey)
      const valueKeys = names.map(({ entity, selection }) => valueKey(entity, selection))
      const found = await tryTo(async () => {
        const texts = await client.mGet([...generationKeys, ...valueKeys, writerKey(user)])
        const [all, ...generations] = await generationsAt(generationKeys, texts)
        return { texts, prefixes: generations.map(generation => `${all} ${generation} `) }
      })
      if (found === undefined) return nothing
      const { texts, prefixes } = found
      const isWriter = writers.has(user) || texts.at(-1) != null
      const nowMs = steadyNowMs()
      const prefixOf = new Map(names.map(({ entity }, index) => [entity, prefixes[index] ?? '']))
      return {
        kept: prefixes.map((prefix, index) =>
          isWriter ? undefined : keptIn(texts[generationKeys.length + index], prefix, nowMs),
        ),
        keep: entries =>
          keep(
            entries.filter(({ entity }) => prefixOf.has(entity)),
            prefixOf,
          ),
      }
    },
    forget: entities => {
      if (entities.length === 0) return
      void forget(entities).then(isDone => {
        if (!isDone) changesMissed += 1
      })
    },
    noteWriter: async user => {
      writers.note(user)
      const expiration = { type: 'PX', value: writersRememberedMs } as const
      await tryTo(() => client.set(writerKey(user), '1', { expiration }))
    },
    stop: async () => {
      client.destroy()
    },
  }
}

const key = (kind: string, name: string): string => `entities:${kind}:${hash('sha256', name)}`
const generationKey = (entity: string): string => key('generation', entity)
const valueKey = (entity: string, selection: string): string =>
  key('value', JSON.stringify([entity, selection]))
const writerKey = (user = ''): string => key('writer', user)

/** Reads a value of a generation, as `keep` writes it. */
const keptIn = (value: string | null | undefined, prefix: string, nowMs: number): Kept | undefined => {
  if (value == null || !value.startsWith(prefix)) return undefined
  const end = value.indexOf(' ', prefix.length)
  const expiresAtMs = Number(value.slice(prefix.length, end))
  return end !== -1 && expiresAtMs > nowMs ? { text: value.slice(end + 1), expiresAtMs } : undefined
}
