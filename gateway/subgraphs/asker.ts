import { parseAnswer, type SubgraphAnswer } from './answer.ts'
import type { AnswerRoom } from './answer-room.ts'
import type { ExecutionContext } from './call.ts'
import { answerOfFailure } from './call-failures.ts'
import type { HttpCall, Waiter } from './http-call.ts'

type Parts = {
  readonly service: string
  readonly context: ExecutionContext
  /** Whether the call goes on when the client has gone, and is made even if there is no room for its answer. */
  readonly goesOnAlone: boolean
  readonly resolve: (answer: SubgraphAnswer) => void
}

/** Whoever asked a subgraph: gets a copy of the answer that is their own, unless their client goes before. */
export class Asker implements Waiter {
  readonly room: AnswerRoom
  readonly #parts: Parts
  #call: HttpCall | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.room = parts.context.room
  }

  /** Waits for a call; throws if the client has gone, or if there is no room for any answer. */
  waitFor(call: HttpCall): void {
    const { context, goesOnAlone } = this.#parts
    if (!goesOnAlone) {
      context.gone?.throwIfAborted()
      this.room.take(0)
      context.gone?.addEventListener('abort', this)
    }
    this.#call = call
    call.add(this)
  }

  /** The client has gone. */
  handleEvent(): void {
    this.#call?.dismiss(this, new Error('the client has gone'))
  }

  settle(outcome: unknown): void {
    const { service, context, resolve } = this.#parts
    context.gone?.removeEventListener('abort', this)
    try {
      if (typeof outcome !== 'string') throw outcome
      resolve({ ...parseAnswer(service, JSON.parse(outcome)), bytes: outcome.length })
    } catch (error) {
      resolve(answerOfFailure(service, context, error))
    }
  }
}
