import type { GraphQLError, GraphQLFormattedError } from 'graphql'
import { errorWithoutStack } from './errors.ts'

const maxMessageLength = 1_000
const maxNameLength = 100
const longName = new RegExp(`\\w{${maxNameLength + 1},}`, 'g')

/** A message of at most 1,000 characters, in which no name, which a client may have chosen, has more than 100. */
export const shortened = (message: string): string => {
  const text = message
    .slice(0, 2 * maxMessageLength)
    .replace(longName, name => `${name.slice(0, maxNameLength)}…`)
  return text.length > maxMessageLength ? `${text.slice(0, maxMessageLength)}…` : text
}

/** How many errors an answer lists at most. */
export const maxErrors = 100
// n.b. a path is made of names that the client chose
const maxPathBytes = 64 * 1024
const uncountedCode = 'TOO_MANY_ERRORS'

type AnswerError = Pick<GraphQLFormattedError, 'message' | 'path' | 'extensions'>

/** The error that stands in an answer for all that it does not list. */
export const errorsNotListed = (count: number): GraphQLError =>
  errorWithoutStack(`Errors that are not listed here: ${count}. Ask for less to see each.`, {
    extensions: { code: uncountedCode, count },
  })

/**
 * The errors of an answer: the same error of the same service at the same place once, at most 100, whose paths have 64 KiB together, and one
 * that gives the number of the others.
 */
export const capErrors = <E extends AnswerError>(errors: readonly E[]): readonly (E | GraphQLError)[] => {
  const known = new Set<string>()
  const listed: E[] = []
  let pathBytes = 0
  let others = 0
  for (const error of errors) {
    const { message, path, extensions = {} } = error
    if (extensions.code === uncountedCode) {
      others += Number(extensions.count ?? 1)
      continue
    }
    const place =
      listed.length === maxErrors
        ? ''
        : JSON.stringify([path, extensions.code, extensions.service, shortened(message)])
    if (known.has(place)) continue
    if (listed.length === maxErrors || pathBytes + place.length > maxPathBytes) {
      others += 1
      continue
    }
    known.add(place)
    pathBytes += place.length
    listed.push(error)
  }
  return others === 0 ? listed : [...listed, errorsNotListed(others)]
}
