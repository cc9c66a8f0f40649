import { parseAnswer, type SubgraphAnswer } from './answer.ts'
import type { AnswerRoom } from './answer-room.ts'
import type { ExecutionContext } from './call.ts'
import { answerOfFailure } from './call-failures.ts'
import type { HttpCall, Waiter } from './http-call.ts'

/** Whoever asked a subgraph: gets a copy of the answer that is their own, unless their client goes before. */
export class Asker implements Waiter {
  readonly room: AnswerRoom
  readonly #service: string
  readonly #context: ExecutionContext
  readonly #goesOnAlone: boolean
  readonly #resolve: (answer: SubgraphAnswer) => void
  #call: HttpCall | undefined

  /** `goesOnAlone`: the call goes on when the client has gone, and is made even if there is no room for its answer. */
  constructor(
    service: string,
    context: ExecutionContext,
    goesOnAlone: boolean,
    resolve: (answer: SubgraphAnswer) => void,
  ) {
    this.room = context.room
    this.#service = service
    this.#context = context
    this.#goesOnAlone = goesOnAlone
    this.#resolve = resolve
  }

  /** Waits for a call; throws if the client has gone, or if there is no room for any answer. */
  waitFor(call: HttpCall): void {
    if (!this.#goesOnAlone) {
      const { gone } = this.#context
      gone?.throwIfAborted()
      this.room.take(0)
      gone?.addEventListener('abort', this)
    }
    this.#call = call
    call.add(this)
  }

  /** The client has gone. */
  handleEvent(): void {
    this.#call?.dismiss(this, new Error('the client has gone'))
  }

  settle(outcome: unknown): void {
    if (!this.#goesOnAlone) this.#context.gone?.removeEventListener('abort', this)
    this.#resolve(this.#read(outcome))
  }

  #read(outcome: unknown): SubgraphAnswer {
    try {
      if (typeof outcome !== 'string') throw outcome
      return parseAnswer(this.#service, JSON.parse(outcome), outcome.length)
    } catch (error) {
      return answerOfFailure(this.#service, this.#context, error)
    }
  }
}
