import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from './http.ts'
import { isLeaving } from './leaving.ts'

/** Something that a service uses; `check` throws or rejects while it can't be used. */
export type Dependency = {
  readonly name: string
  /** Whether the service can do nothing without it. */
  readonly isRequired: boolean
  readonly check: () => unknown
}

/** The broker, if there is one, as something without which a service goes on. */
export const dependencyOnBroker = (
  broker: { readonly isUsable: () => boolean } | undefined,
): readonly Dependency[] => {
  const check = () => {
    if (broker?.isUsable() === false) throw new Error('the broker is away')
  }
  return broker === undefined ? [] : [{ name: 'broker', isRequired: false, check }]
}

type State = { readonly usable: boolean; readonly since: string }

type Readiness = { readonly ready: boolean; readonly dependencies: Readonly<Record<string, State>> }

/** Tells whether a service can do its work. */
export type Health = ReturnType<typeof createHealth>

const keptMs = 1_000
const checkWithinMs = 2_000

/**
 * Answers `/health/live` with 200 as long as the process answers, and `/health/ready` (also `/health`) with 200 or, while a required
 * dependency can't be used, 503. The latter says which dependency can be used, and since when that is known. The dependencies
 * are checked at most once a second, each within 2 s; `dependencies` is called for each check.
 */
export const createHealth = (
  dependencies: () => readonly Dependency[],
  {
    about = () => ({}),
    withinMs = checkWithinMs,
  }: {
    /** What else is told, such as a version. */
    readonly about?: () => Readonly<Record<string, string>>
    readonly withinMs?: number
  } = {},
) => {
  const states = new Map<string, State>()
  let isStopping = false
  let kept: { readonly atMs: number; readonly readiness: Promise<Readiness> } | undefined

  const stateOf = async ({ name, check }: Dependency): Promise<State> => {
    const usable = await isUsable(check, withinMs)
    const before = states.get(name)
    if (before?.usable === usable) return before
    const state = { usable, since: new Date().toISOString() }
    states.set(name, state)
    return state
  }
  const check = async (): Promise<Readiness> => {
    const checked = await Promise.all(
      dependencies().map(async dependency => ({ ...dependency, state: await stateOf(dependency) })),
    )
    return {
      ready: checked.every(({ isRequired, state }) => state.usable || !isRequired),
      dependencies: Object.fromEntries(checked.map(({ name, state }) => [name, state])),
    }
  }
  const readiness = (): Promise<Readiness> => {
    if (kept === undefined || performance.now() - kept.atMs >= keptMs)
      kept = { atMs: performance.now(), readiness: check() }
    return kept.readiness
  }

  const answerReady = async (_: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { ready, dependencies } = await readiness()
    const status = isStopping || isLeaving() ? 'stopping' : ready ? 'ready' : 'unavailable'
    response.setHeader('cache-control', 'no-store')
    sendJson(response, status === 'ready' ? 200 : 503, { status, ...about(), dependencies })
  }
  const answerLive = (_: IncomingMessage, response: ServerResponse): void => {
    response.setHeader('cache-control', 'no-store')
    sendJson(response, 200, { status: 'live' })
  }

  return {
    /** The answer at a path; undefined if it is not about health. */
    at: (path: string): ((request: IncomingMessage, response: ServerResponse) => unknown) | undefined => {
      if (path === '/health/live') return answerLive
      return path === '/health/ready' || path === '/health' ? answerReady : undefined
    },
    /** From now on the service is not ready. */
    stop: async (): Promise<void> => {
      isStopping = true
    },
  }
}

const isUsable = async (check: () => unknown, withinMs: number): Promise<boolean> => {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(resolve, withinMs, false)
  try {
    return await Promise.race([Promise.resolve(check()).then(() => true), late])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
