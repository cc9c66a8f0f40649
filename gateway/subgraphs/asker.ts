import { readAnswer, type SubgraphAnswer } from './answer.ts'
import type { AnswerRoom } from './answer-room.ts'
import type { ExecutionContext, SubgraphRequest } from './call.ts'
import { answerOfFailure } from './call-failures.ts'
import type { DepartureListener } from './departure.ts'
import type { HttpCall, Waiter } from './http-call.ts'

/** Whoever asked a subgraph: gets a copy of the answer that is their own, unless their client goes before. */
export class Asker implements Waiter, DepartureListener {
  readonly room: AnswerRoom
  readonly #service: string
  readonly #context: ExecutionContext
  readonly #goesOnAlone: boolean
  readonly #takeData: SubgraphRequest['takeData']
  readonly #resolve: (answer: SubgraphAnswer) => void
  #call: HttpCall | undefined

  /** n.b. a mutation goes on when the client has gone, and is made even if there is no room for its answer. */
  constructor(
    service: string,
    { document, takeData }: Pick<SubgraphRequest, 'document' | 'takeData'>,
    context: ExecutionContext,
    resolve: (answer: SubgraphAnswer) => void,
  ) {
    this.room = context.room
    this.#service = service
    this.#context = context
    this.#goesOnAlone = document.isMutation
    this.#takeData = takeData
    this.#resolve = resolve
  }

  /** Waits for a call; throws if the client has gone, or if there is no room for any answer. */
  waitFor(call: HttpCall): void {
    if (!this.#goesOnAlone) {
      const { gone } = this.#context
      if (gone?.aborted) throw clientHasGone()
      this.room.take(0)
      gone?.addEventListener('abort', this)
    }
    this.#call = call
    call.add(this)
  }

  /** The client has gone. */
  handleEvent(): void {
    this.#call?.dismiss(this, clientHasGone())
  }

  settle(outcome: unknown): void {
    if (!this.#goesOnAlone) this.#context.gone?.removeEventListener('abort', this)
    this.#resolve(this.#read(outcome))
  }

  #read(outcome: unknown): SubgraphAnswer {
    try {
      if (typeof outcome !== 'string') throw outcome
      return readAnswer(this.#service, outcome, this.#takeData)
    } catch (error) {
      return answerOfFailure(this.#service, this.#context, error)
    }
  }
}

const clientHasGone = () => new Error('the client has gone')
