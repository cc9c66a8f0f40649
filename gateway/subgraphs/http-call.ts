import type { Breaker, CallOutcome, Pass } from '@supergraph/runtime/breaker.ts'
import { remainingMs, timeoutHeader } from '@supergraph/runtime/deadline.ts'
import type { Replica } from '@supergraph/runtime/replicas/replicas.ts'
import type { RetryBudget } from '@supergraph/runtime/retry-budget.ts'
import { currentTraceparent, traceHeader } from '@supergraph/runtime/trace-context.ts'
import type { Release, Turns } from '@supergraph/runtime/turns.ts'
import { activeSpan } from '@supergraph/telemetry/spans.ts'
import type { AnswerRoom } from './answer-room.ts'
import type { FetchDocument } from './call.ts'
import { NotAsked, RefusedByStatus, TimedOut } from './call-failures.ts'
import type { RequestSender } from './http/connection.ts'
import { GrowingBuffer } from './http/growing-buffer.ts'
import { breaksOff, maxMoves, maxRetries, retryDelayMs } from './policies/retry.ts'
import type { ReadWaits } from './read-waits.ts'
import type { SubgraphReplica, SubgraphReplicas } from './subgraph-replicas.ts'

/** Who waits for the answer of a call; `settle` gets its text, or why there is none. */
export type Waiter = {
  readonly room: AnswerRoom
  readonly settle: (outcome: string | Error) => void
}

/** What all calls of a subgraph go through. */
export type Way = {
  readonly replicas: Pick<SubgraphReplicas, 'next' | 'hasOther' | 'failed' | 'isUnreachable'>
  readonly turns: Turns
  readonly breaker: Breaker
  readonly waits: ReadWaits
  readonly retries: RetryBudget
}

/** What a call sends, and for how long it is waited for. */
export type Sent = {
  readonly document: FetchDocument
  readonly body: string
  /** The identity token. */
  readonly identity: string
  readonly timeoutMs: number
}

/**
 * One request to a subgraph, and all who wait for its answer: it lets them know the moment that there is one, and is given
 * up when nobody waits any more. n.b. one object for all of a request, since there are thousands in a second.
 */
export class HttpCall implements RequestSender {
  readonly startedAtMs = Date.now()
  readonly #beganAtMs = performance.now()
  // n.b. what comes on a connection comes in the trace of the request for which it was made
  readonly #traceparent = currentTraceparent()
  /** In which it was begun, if it is recorded. */
  readonly span = activeSpan()
  readonly #way: Way
  readonly #sent: Sent
  readonly #ended: (call: HttpCall) => void
  readonly #waiters: Waiter[] = []
  #timer: NodeJS.Timeout | undefined
  #pass: Pass | undefined
  #release: Release | undefined
  #connection: ReturnType<SubgraphReplica['pool']['send']> | undefined
  /** The last one that was asked. */
  #replica: Replica<SubgraphReplica> | undefined
  #retries = 0
  #moves = 0
  #status = 0
  #bytes = 0
  /** What came of the answer so far, if it does not come in one piece. */
  #received: GrowingBuffer | undefined

  constructor(way: Way, sent: Sent, ended: (call: HttpCall) => void) {
    this.#way = way
    this.#sent = sent
    this.#ended = ended
  }

  /** Whether somebody waits: nobody may be added otherwise, but the first. */
  get isWaitedFor(): boolean {
    return this.#waiters.length > 0
  }

  add(waiter: Waiter): void {
    this.#waiters.push(waiter)
    if (this.#bytes > 0) this.#takeRoom(this.#waiters.length - 1, this.#bytes)
  }

  /** Lets somebody go who waits no longer. */
  dismiss(waiter: Waiter, reason: Error): void {
    const index = this.#waiters.indexOf(waiter)
    if (index === -1) return
    this.#waiters.splice(index, 1)
    waiter.settle(reason)
    if (this.#waiters.length === 0) this.#giveUp('unknown', reason)
  }

  start(): void {
    const { breaker, turns, retries } = this.#way
    this.#pass = breaker.enter()
    if (this.#pass === undefined) return void this.#refuse('its last calls failed')
    retries.sent()
    const { timeoutMs } = this.#sent
    this.#timer = setTimeout(endTime, timeoutMs, this)
    const turn = turns.take(this.startedAtMs + timeoutMs)
    if (turn instanceof Promise) void turn.then(late => this.#begin(late))
    else this.#begin(turn)
  }

  /** Ends the wait of all, when the time of the call is over. */
  timeOut(): void {
    const late = new TimedOut(`no whole answer within ${this.#sent.timeoutMs} ms`)
    this.#settle(late)
    this.#giveUp('failed', late)
  }

  onHead(status: number): void {
    this.#status = status
  }

  onPart(part: Buffer): void {
    this.#count(part.length)
    if (!this.isWaitedFor) return
    this.#received ??= new GrowingBuffer()
    this.#received.add(part)
  }

  onEnd(part: Buffer): void {
    this.#leaveReplica(this.#status < 500)
    this.#count(part.length)
    const text = this.#textWith(part)
    this.#end(this.#status < 500 ? 'worked' : 'failed')
    if (this.#status === 200) {
      if (!text.startsWith('{"errors"'))
        this.#way.waits.answered(this.#sent.document, this.#beganAtMs, performance.now())
      this.#settle(text)
    } else if (this.#status === 400) this.#settle(new RefusedByStatus(text))
    else this.#settle(new Error(`it answered with status ${this.#status}`))
  }

  onFailure(error: Error, wasOpen: boolean): void {
    const failed = this.#replica
    const isBroken = breaksOff(error)
    const isFault = this.isWaitedFor || error instanceof TimedOut
    if (isFault && !wasOpen && failed !== undefined) this.#way.replicas.isUnreachable(failed)
    this.#leaveReplica(isFault ? false : undefined)
    if (!this.isWaitedFor) return void this.#end('unknown')
    const isReadAgain = isBroken && !this.#sent.document.isMutation && this.#status === 0
    if ((isReadAgain || !wasOpen) && this.#sendElsewhere({ isFree: !wasOpen })) return
    if (isReadAgain && this.#sendLater()) return
    this.#end('failed')
    this.#settle(error)
  }

  /** Asks another replica at once, if there is one; what was sent before takes from the budget of retries. */
  #sendElsewhere({ isFree }: { readonly isFree: boolean }): boolean {
    const failed = this.#replica
    if (failed === undefined || this.#moves === maxMoves || !this.#way.replicas.hasOther(failed)) return false
    if (!isFree && !this.#way.retries.take()) return false
    this.#moves += 1
    this.send()
    return true
  }

  #sendLater(): boolean {
    const delayMs = retryDelayMs(this.#retries)
    const isInTime = Date.now() + delayMs < this.startedAtMs + this.#sent.timeoutMs
    if (!isInTime || this.#retries === maxRetries || !this.#way.retries.take()) return false
    this.#retries += 1
    setTimeout(sendAgain, delayMs, this)
    return true
  }

  /** `worked` is undefined if the call says nothing about the replica. */
  #leaveReplica(worked: boolean | undefined): void {
    this.#connection = undefined
    const replica = this.#replica
    if (replica === undefined) return
    replica.inFlight -= 1
    if (worked) replica.failures = 0
    else if (worked === false) this.#way.replicas.failed(replica)
  }

  send(): void {
    if (!this.isWaitedFor) return void this.#end('unknown')
    const { body, identity, timeoutMs } = this.#sent
    const leftMs = remainingMs(this.startedAtMs + timeoutMs)
    const trace = this.#traceparent === undefined ? '' : `\r\n${traceHeader}: ${this.#traceparent}`
    const length = Buffer.byteLength(body)
    const replica = this.#way.replicas.next(this.#replica)
    this.#replica = replica
    replica.inFlight += 1
    const head = `${replica.way.head}${identity}\r\n${timeoutHeader}: ${leftMs}${trace}\r\ncontent-length: ${length}\r\n\r\n`
    this.#connection = replica.way.pool.send(head + body, this)
  }

  #begin(turn: Release | 'full' | 'late'): void {
    if (typeof turn === 'function') this.#release = turn
    const pass = this.#pass
    if (turn === 'full') this.#refuse('too many requests wait for their turn')
    else if (turn === 'late') {
      this.timeOut()
      this.#end('unknown')
    } else if (pass !== undefined && !this.#way.breaker.isStillLetThrough(pass))
      this.#refuse('its last calls failed')
    else this.send()
  }

  #refuse(reason: string): void {
    this.#end('unknown')
    this.#settle(new NotAsked(`it was not asked: ${reason}`))
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    for (let index = this.#waiters.length - 1; index >= 0; index -= 1) this.#takeRoom(index, bytes)
  }

  #textWith(last: Buffer): string {
    if (this.#received === undefined) return last.toString('utf8')
    this.#received.add(last)
    return this.#received.text()
  }

  #takeRoom(index: number, bytes: number): void {
    const waiter = this.#waiters[index]
    try {
      waiter?.room.take(bytes)
    } catch (error) {
      if (waiter !== undefined)
        this.dismiss(waiter, error instanceof Error ? error : new Error(String(error)))
    }
  }

  #settle(outcome: string | Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.settle(outcome)
  }

  /** n.b. the call ends, and others get its turn, when its connection is free. */
  #giveUp(outcome: CallOutcome, reason: Error): void {
    clearTimeout(this.#timer)
    this.#leaveBreaker(outcome)
    this.#received = undefined
    this.#connection?.giveUp(this, reason)
  }

  #end(outcome: CallOutcome): void {
    clearTimeout(this.#timer)
    this.#leaveBreaker(outcome)
    this.#release?.()
    this.#release = undefined
    this.#ended(this)
  }

  #leaveBreaker(outcome: CallOutcome): void {
    if (this.#pass !== undefined) this.#way.breaker.leave(this.#pass, outcome)
    this.#pass = undefined
  }
}

const endTime = (call: HttpCall): void => call.timeOut()
const sendAgain = (call: HttpCall): void => call.send()
