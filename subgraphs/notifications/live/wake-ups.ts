import { listen } from '@supergraph/postgres/listen.ts'
import { FewValues } from '@supergraph/runtime/few.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { type Topic, topicChannel } from '../database/announcements.ts'

/** Wakes subscriptions when there may be something new to read; a wake-up is a hint and carries no news. */
export type WakeUps = {
  /** Calls `wake` for each hint on one of the topics, until the returned function is called. */
  readonly on: (topics: readonly Topic[], wake: () => void) => () => void
  readonly wake: (topic: string) => void
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
    onNotification: wakeUps.wake,
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
  return {
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
          if (known?.size === 0) byTopic.delete(topic)
        }
      }
    },
    wake: topic => {
      for (const { wake } of byTopic.get(topic) ?? []) wake()
    },
    wakeAll: () => {
      for (const { wake } of subscribers) wake()
    },
    subscribers: () => subscribers.size,
  }
}
