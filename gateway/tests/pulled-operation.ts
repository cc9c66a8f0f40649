import type { RunningOperation } from '@supergraph/runtime/socket-protocol.ts'
import type { GraphQLFormattedError } from 'graphql'
import type { Recipient } from '../subscriptions/subscription.ts'

/** Starts an operation whose answers come only as they are asked for; the one after the last answer fails with its errors. */
export const pull = (start: (recipient: Recipient) => RunningOperation) => {
  const answers: { readonly text: string; readonly taken: () => void }[] = []
  let end: { readonly errors: readonly GraphQLFormattedError[] } | undefined
  let changed = Promise.withResolvers<void>()
  const change = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const { stop } = bound(
    start({
      next: text =>
        new Promise(taken => {
          answers.push({ text, taken })
          change()
        }),
      end: (errors = []) => {
        end = { errors }
        change()
      },
    }),
  )
  /** The next answer; undefined after the last one. */
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      const answer = answers.shift()
      answer?.taken()
      if (answer !== undefined) return answer.text
      const [error] = end?.errors ?? []
      if (end !== undefined) end = { errors: [] }
      if (error !== undefined) throw error
      if (end !== undefined) return undefined
      await changed.promise
    }
  }
  return { next, stop }
}

const bound = (running: RunningOperation) => ({ stop: () => running.stop() })
