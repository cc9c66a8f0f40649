import type { EventType } from './envelope.ts'
import { divideEnvelope, hidden } from './sensitive.ts'

/**
 * Makes what writes `hidden` in the place of each value that people are not shown of these messages (`divideEnvelope`), in any
 * text about them. Upper and lower case are the same. A value of less than four characters is found only where no letter
 * or digit stands beside it: an "a" would else be everywhere.
 */
export const createHideTexts = (contracts: readonly EventType[], messages: readonly unknown[]) => {
  const unseen = messages.flatMap(message => divideEnvelope(contracts, message).unseen)
  const texts = [...new Set(unseen.flatMap(textsIn))]
    // n.b. the longest first: one text may be a part of another one
    .toSorted((a, b) => b.length - a.length)
  return (text: string): string => {
    const patterns = texts.filter(({ length }) => length <= text.length).map(patternOf)
    return patterns.length === 0 ? text : text.replace(new RegExp(patterns.join('|'), 'giu'), hidden)
  }
}

/** The error with `hide` applied to its words and to those of its causes. Its class and its other properties stay. */
export const hideInError = (error: unknown, hide: (text: string) => string): unknown => {
  if (!(error instanceof Error)) return hide(String(error))
  const hideIn = (other: unknown) => hideInError(other, hide)
  // n.b. the error itself stays as it is, since it may be in use elsewhere: this one inherits from it
  return Object.create(error, {
    message: { value: hide(error.message) },
    stack: { value: hide(error.stack ?? '') },
    ...(error.cause !== undefined && { cause: { value: hideIn(error.cause) } }),
    ...(error instanceof AggregateError && { errors: { value: error.errors.map(hideIn) } }),
  })
}

const shortest = 4

/** The texts in a value, also as they stand in JSON, and its numbers of at least four characters. */
const textsIn = (value: unknown): readonly string[] => {
  const texts: string[] = []
  // n.b. a list of what is left, since a message may have more levels than calls may
  const left = [value]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === 'object' && next !== null)
      for (const part of Object.values(next)) left.push(part ?? null)
    else texts.push(...textsOf(next))
  }
  return texts
}

const textsOf = (value: unknown): readonly string[] => {
  const text = String(value).trim()
  if (typeof value === 'number') return text.length < shortest ? [] : [text]
  return typeof value !== 'string' || text === '' ? [] : [text, JSON.stringify(text).slice(1, -1)]
}

const patternOf = (text: string): string =>
  text.length < shortest ? `(?<![\\p{L}\\p{N}])${RegExp.escape(text)}(?![\\p{L}\\p{N}])` : RegExp.escape(text)
