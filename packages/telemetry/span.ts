import type { AttributeValue } from '@opentelemetry/api'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { newSpanId, type RecordedSpan } from '@supergraph/runtime/trace-context.ts'
import type { FixedAttributes } from './attributes.ts'

// n.b. a mutation of a thousand lines has about as many statements
const maxSpans = 2_000
const maxRemembered = 1_000
/** A wait that was shorter is not seen. */
export const leastWaitMs = 0.2

/** What a span is to its parent, with OTLP's numbers. */
export const spanKinds = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
} as const satisfies Record<string, number>

export type SpanKind = keyof typeof spanKinds

/** What a span begins with. */
export type SpanStart = {
  readonly name: string
  readonly kind?: SpanKind
  readonly fixed?: FixedAttributes | undefined
  /** The service that the span is of, if that is not its parent's. */
  readonly service?: string
}

/** Another span that this one has to do with. */
export type Link = { readonly traceId: string; readonly id: string }

/**
 * A span that is recorded: what it did, and from when to when, by `performance.now()`. It is written only if its trace is
 * kept.
 */
export class Span implements RecordedSpan {
  name: string
  readonly kind: SpanKind
  readonly service: string
  readonly trace: LocalTrace
  readonly parent: Span | undefined
  readonly startedAtMs: number
  endedAtMs = 0
  /** Attributes that were written before. */
  readonly fixed: FixedAttributes[]
  /** Keys, each followed by its value. */
  readonly attributes: AttributeValue[] = []
  links: Link[] | undefined
  hasFailed = false
  #id: string | undefined

  constructor(
    { name, kind = 'internal', fixed, service }: SpanStart & { readonly service: string },
    trace: LocalTrace,
    parent: Span | undefined,
    startedAtMs = performance.now(),
  ) {
    this.name = name
    this.kind = kind
    this.service = service
    this.trace = trace
    this.parent = parent
    this.fixed = fixed === undefined ? [] : [fixed]
    this.startedAtMs = startedAtMs
  }

  get id(): string {
    this.#id ??= newSpanId()
    return this.#id
  }

  get parentId(): string | undefined {
    return this.parent === undefined ? this.trace.parentId : this.parent.id
  }

  get spanId(): string {
    return this.id
  }

  get traceId(): string {
    return this.trace.id
  }

  get operation(): string | undefined {
    return this.trace.operation
  }

  get traceparent(): string {
    return `00-${this.trace.id}-${this.id}-${this.trace.flags}`
  }

  get lastedMs(): number {
    return this.endedAtMs - this.startedAtMs
  }

  /** n.b. what is not known has no attribute. */
  set(key: string, value: AttributeValue | undefined): void {
    if (value !== undefined) this.attributes.push(key, value)
  }

  /** What was set under a key. */
  get(key: string): AttributeValue | undefined {
    const index = this.attributes.indexOf(key)
    return index === -1 ? undefined : this.attributes[index + 1]
  }

  add(fixed: FixedAttributes): void {
    this.fixed.push(fixed)
  }

  /** Counts one more under a key. */
  count(key: string): void {
    const index = this.attributes.indexOf(key)
    if (index === -1) this.attributes.push(key, 1)
    else this.attributes[index + 1] = Number(this.attributes[index + 1]) + 1
  }

  /** Adds a text to a list, unless it has `max` of them. */
  append(key: string, text: string, max: number): void {
    const index = this.attributes.indexOf(key)
    const list = index === -1 ? undefined : this.attributes[index + 1]
    if (!Array.isArray(list)) this.attributes.push(key, [text])
    else if (list.length < max) this.attributes[index + 1] = [...list.map(String), text]
  }

  link(other: Link): void {
    this.links ??= []
    this.links.push({ traceId: other.traceId, id: other.id })
  }

  /** Says that the span failed, by a code or by what was thrown. n.b. not its message, which may hold a client's values */
  fail(error: unknown): void {
    this.hasFailed = true
    this.trace.hasFailed = true
    this.set('error.type', typeof error === 'string' ? error : typeOf(error))
  }

  end(endedAtMs = performance.now()): void {
    if (this.endedAtMs !== 0) return
    this.endedAtMs = endedAtMs
    this.trace.add(this)
    if (this.parent === undefined) this.trace.end(this)
  }

  /** Adds a span beside this one, for what was waited for until this one began, unless that was too short to be seen. */
  addWait(name: string, sinceMs: number): void {
    if (this.startedAtMs - sinceMs < leastWaitMs) return
    const wait = new Span({ service: this.service, name }, this.trace, this.parent, sinceMs)
    wait.endedAtMs = this.startedAtMs
    this.trace.add(wait)
  }

  /** Adds a child that has ended. */
  addEnded(start: SpanStart, startedAtMs: number, endedAtMs = performance.now()): Span {
    const child = new Span({ service: this.service, ...start }, this.trace, this, startedAtMs)
    child.end(endedAtMs)
    return child
  }
}

/** Where the spans of this process go. */
export type Recording = {
  /** Whether a trace is sampled that begins here, or whose parent has these flags. */
  readonly isSampled: (traceId: string, parentFlags: string | undefined) => boolean
  /** A trace that lasts as long is kept even if it is not sampled. */
  readonly slowMs: number
  /** Takes spans that have ended; never throws. */
  readonly keep: (spans: readonly Span[]) => void
}

/** Why a trace was kept. */
type Kept = 'sampled' | 'error' | 'slow'

/** The traces that this process has kept although they were not sampled: what comes later of them is kept too. */
const keptTraces = new Set<string>()

/**
 * What this process has recorded of a trace below one span that came from outside. When that span ends, all of it is kept or
 * dropped; a span that ends later follows it.
 */
export class LocalTrace {
  readonly id: string
  readonly flags: string
  /** The span outside of which this is a part; undefined if the trace begins here. */
  readonly parentId: string | undefined
  /** What the operation of the trace is called. */
  operation: string | undefined
  hasFailed = false
  isDropped = false
  #recording: Recording
  #spans: Span[] = []
  #left = 0
  #kept: Kept | undefined
  #isOver = false

  constructor({ id, flags, parentId }: Pick<LocalTrace, 'id' | 'flags' | 'parentId'>, recording: Recording) {
    this.id = id
    this.flags = flags
    this.parentId = parentId
    this.#recording = recording
  }

  /** Takes a span that has ended. */
  add(span: Span): void {
    if (this.#isOver) {
      if (this.#kept !== undefined) this.#recording.keep([span])
    } else if (this.#spans.length < maxSpans) this.#spans.push(span)
    else this.#left += 1
  }

  /** Decides about the trace once its first span has ended. */
  end(first: Span): void {
    if (this.#isOver) return
    this.#isOver = true
    const spans = this.#spans
    // n.b. a connection that was opened in the trace holds on to it for as long as it is open
    this.#spans = []
    this.#kept = this.isDropped ? undefined : this.#reasonToKeep(first)
    if (this.#kept === undefined) return
    first.set('supergraph.kept', this.#kept)
    if (this.#left > 0) first.set('supergraph.dropped_spans', this.#left)
    this.#recording.keep(spans)
  }

  #reasonToKeep(first: Span): Kept | undefined {
    if (this.flags === '01') return 'sampled'
    const reason = this.hasFailed ? 'error' : first.lastedMs >= this.#recording.slowMs ? 'slow' : undefined
    if (reason === undefined) return keptTraces.has(this.id) ? 'error' : undefined
    if (keptTraces.size === maxRemembered) keptTraces.clear()
    keptTraces.add(this.id)
    return reason
  }
}

const typeOf = (error: unknown): string =>
  codeOf(error) || (error instanceof Error ? error.name : typeof error)
