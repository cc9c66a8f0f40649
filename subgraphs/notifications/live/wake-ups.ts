import { listen } from '@supergraph/postgres/listen.ts'
import { FewValues } from '@supergraph/runtime/few.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { causeIn, type Topic, topicChannel } from '../database/announcements.ts'
import { type Causes, createCauses } from './causes.ts'

/** Wakes subscriptions when there may be something new to read; a wake-up is a hint and carries no news. */
export type WakeUps = {
  /** Calls `wake` for each hint on one of the topics, until the returned function is called. */
  readonly on: (topics: readonly Topic[], wake: () => void) => () => void
  /** Takes a payload of the channel: a topic, or the cause of what is new of a topic that is woken next. */
  readonly hear: (payload: string) => void
  readonly causes: Pick<Causes, 'take' | 'of'>
  readonly wakeAll: () => void
  /** How many subscriptions are waiting. */
  readonly subscribers: () => number
}

/** Listens to what every replica announces; after a lost connection, everyone is woken. */
export const startWakeUps = async ({ url }: { readonly url: string }): Promise<WakeUps & Running> => {
  const wakeUps = createWakeUps()
  const listener = await listen({
    url,
    channel: topicChannel,
    onNotification: wakeUps.hear,
    onReconnect: wakeUps.wakeAll,
  })
  return { ...wakeUps, stop: listener.stop }
}

/** n.b. the same function may wait for several things. */
type Subscriber = { readonly wake: () => void }

/** Wake-ups within this process. */
export const createWakeUps = (): WakeUps => {
  const subscribers = new Set<Subscriber>()
  const byTopic = new Map<string, FewValues<Subscriber>>()
  const causes = createCauses()
  return {
    causes,
    on: (topics, wake) => {
      const subscriber = { wake }
      subscribers.add(subscriber)
      for (const topic of topics) {
        const known = byTopic.get(topic) ?? new FewValues()
        known.add(subscriber)
        byTopic.set(topic, known)
      }
      return () => {
        subscribers.delete(subscriber)
        for (const topic of topics) {
          const known = byTopic.get(topic)
          known?.delete(subscriber)
          if (known?.size !== 0) continue
          byTopic.delete(topic)
          causes.forget(topic)
        }
      }
    },
    hear: payload => {
      const cause = causeIn(payload)
      if (cause === undefined) for (const { wake } of byTopic.get(payload) ?? []) wake()
      else if (byTopic.has(cause.topic)) causes.note(cause)
    },
    wakeAll: () => {
      for (const { wake } of subscribers) wake()
    },
    subscribers: () => subscribers.size,
  }
}
