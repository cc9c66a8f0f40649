import { listen } from '@supergraph/postgres/listen.ts'
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

/** Wake-ups within this process. */
export const createWakeUps = (): WakeUps => {
  const subscribers = new Map<symbol, () => void>()
  const byTopic = new Map<string, Set<symbol>>()
  return {
    on: (topics, wake) => {
      const subscriber = Symbol('subscriber')
      subscribers.set(subscriber, wake)
      for (const topic of topics) {
        const known = byTopic.get(topic)
        if (known === undefined) byTopic.set(topic, new Set([subscriber]))
        else known.add(subscriber)
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
      for (const subscriber of byTopic.get(topic) ?? []) subscribers.get(subscriber)?.()
    },
    wakeAll: () => {
      for (const wake of subscribers.values()) wake()
    },
    subscribers: () => subscribers.size,
  }
}
