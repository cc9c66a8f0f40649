import { type FetchStep, fetchesIn, type QueryPlan, spansOf } from './plan.ts'
import { numberOf, type Span, textOf } from './span.ts'

/** Why there is nothing at a place of an answer. */
export type NullReason = {
  readonly kind: 'refused' | 'missing' | 'failed' | 'error'
  /** Response keys and indexes with dots between them; a plan's `@` stands for each element of a list. Empty for all. */
  readonly path: string
  readonly code: string
  readonly subgraph: string | null
  /** The span that tells of it. */
  readonly spanId: string
}

/** What is known of a place of an answer. */
export type Explanation = {
  readonly reasons: readonly NullReason[]
  /** The fetch that was to bring it, and its span if it ran. */
  readonly fetch: FetchStep | undefined
  readonly span: Span | undefined
}

const refusedCodes: ReadonlySet<string> = new Set(['UNAUTHORIZED_FIELD_OR_TYPE', 'TOTP_REQUIRED'])

/** The reasons for nulls that the spans of a request tell of. */
export const nullReasonsOf = (spans: readonly Span[], plan: QueryPlan | null): readonly NullReason[] => {
  const fetches = plan === null ? [] : fetchesIn(plan)
  const failed = spans.flatMap(span => failedIn(span, fetches))
  // n.b. a subgraph that does not answer is told without a place: its fetch says which
  const isTold = ({ path, subgraph }: NullReason) =>
    path === '' && failed.some(each => each.subgraph === subgraph)
  const told = spans.flatMap(span => [
    ...listOf(span, 'supergraph.error.list').map(text => errorIn(text, span)),
    ...listOf(span, 'supergraph.entities.missing').map(text => missingIn(text, span)),
  ])
  return [...failed, ...told.filter(reason => !isTold(reason))]
}

/** Explains what is at a place of an answer: `path` may have indexes, `@` or nothing for the elements of lists. */
export const explain = (
  path: string,
  {
    plan,
    reasons,
    spans,
  }: {
    readonly plan: QueryPlan | null
    readonly reasons: readonly NullReason[]
    readonly spans: readonly Span[]
  },
): Explanation => {
  const place = keysOf(path)
  const fetch = (plan === null ? [] : fetchesIn(plan)).find(each =>
    each.brings.some(inner => isAround(keysOf(inner), place, keysOf(each.path.join('.')))),
  )
  return {
    reasons: reasons.filter(reason => isAbout(reason, path)),
    fetch,
    span: fetch && spansOf(fetch, spans)[0],
  }
}

/** Whether what a fetch brings is at a place, or around or inside it. */
const isAround = (inner: readonly string[], place: readonly string[], at: readonly string[]): boolean =>
  startsWith(place, at) && (startsWith([...at, ...inner], place) || startsWith(place, [...at, ...inner]))

/** n.b. indexes count only if both have them. */
const isAbout = (reason: NullReason, path: string): boolean => {
  const [one, other] = [reason.path.split('.'), path.split('.')]
  const keys = keysOf(reason.path)
  const place = keysOf(path)
  if (!startsWith(place, keys) && !startsWith(keys, place)) return false
  const [indexes, others] = [one.filter(isIndex), other.filter(isIndex)]
  return others.every((index, at) => indexes[at] === undefined || indexes[at] === index)
}

const keysOf = (path: string): readonly string[] =>
  path.split('.').filter(key => key !== '' && key !== '@' && !isIndex(key))

const isIndex = (key: string): boolean => /^\d+$/.test(key)

const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.length <= path.length && start.every((key, index) => path[index] === key)

const listOf = ({ attributes }: Span, key: string): readonly string[] => {
  const value = attributes[key]
  return Array.isArray(value) ? value.map(String) : []
}

/** `SERVICE_TIMEOUT products order.items.0.product` */
const errorIn = (text: string, { spanId }: Span): NullReason => {
  const [code = '', subgraph = '-', path = ''] = text.split(' ')
  return {
    kind: refusedCodes.has(code) ? 'refused' : code.startsWith('SERVICE_') ? 'failed' : 'error',
    path,
    code,
    subgraph: subgraph === '-' ? null : subgraph,
    spanId,
  }
}

/** `products order.items.0.product` */
const missingIn = (text: string, { spanId }: Span): NullReason => {
  const [subgraph = '', path = ''] = text.split(' ')
  return { kind: 'missing', path, code: 'ENTITY_NOT_FOUND', subgraph, spanId }
}

const failedIn = (span: Span, fetches: readonly FetchStep[]): readonly NullReason[] => {
  const numbers = textOf(span, 'supergraph.fetch.numbers')?.split(' ') ?? []
  // n.b. an answer with errors that name their places explains itself
  const isWhole = span.error !== null && (numberOf(span, 'supergraph.fetch.bytes') ?? 0) === 0
  if (!isWhole) return []
  return fetches
    .filter(({ number }) => numbers.includes(String(number)))
    .map(({ path, subgraph }) => ({
      kind: 'failed',
      path: path.join('.'),
      code: textOf(span, 'error.type') ?? 'failed',
      subgraph,
      spanId: span.spanId,
    }))
}
