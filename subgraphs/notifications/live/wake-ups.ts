import { listen } from '@supergraph/postgres/listen.ts'
import { FewValues } from '@supergraph/runtime/few.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { causeIn, type Topic, topicChannel } from '../database/announcements.ts'
import { type Causes, createCauses } from './causes.ts'

/** Who waits for hints. */
export type Subscriber = { readonly wake: () => void }

/** Wakes subscriptions when there may be something new to read; a wake-up is a hint and carries no news. */
export type WakeUps = {
  /** Wakes the subscriber for each hint on one of the topics, until `off` is called with the same topics. */
  readonly on: (topics: readonly Topic[], subscriber: Subscriber) => void
  readonly off: (topics: readonly Topic[], subscriber: Subscriber) => void
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

/** Wake-ups within this process. */
export const createWakeUps = (): WakeUps => {
  const subscribers = new Set<Subscriber>()
  const byTopic = new Map<string, FewValues<Subscriber>>()
  const causes = createCauses()
  return {
    causes,
    on: (topics, subscriber) => {
      subscribers.add(subscriber)
      for (const topic of topics) {
        const known = byTopic.get(topic) ?? new FewValues()
        known.add(subscriber)
        byTopic.set(topic, known)
      }
    },
    off: (topics, subscriber) => {
      subscribers.delete(subscriber)
      for (const topic of topics) {
        const known = byTopic.get(topic)
        known?.delete(subscriber)
        if (known?.size !== 0) continue
        byTopic.delete(topic)
        causes.forget(topic)
      }
    },
    hear: payload => {
      const cause = causeIn(payload)
      if (cause === undefined) for (const subscriber of byTopic.get(payload) ?? []) subscriber.wake()
      else if (byTopic.has(cause.topic)) causes.note(cause)
    },
    wakeAll: () => {
      for (const subscriber of subscribers) subscriber.wake()
    },
    subscribers: () => subscribers.size,
  }
}
