import { remember } from '@supergraph/runtime/remember.ts'
import Negotiator from 'negotiator'

/** The media types in which operations are answered. */
export const answerTypes = ['application/json', 'application/graphql-response+json']

// n.b. what is accepted in a charset is no type without one
const offeredTypes = answerTypes.map(type => `${type}; charset=utf-8`)
const [json = ''] = offeredTypes
/** n.b. Apollo Server offers one more to who accepts one of the others too. */
const apolloTypes = [...offeredTypes, 'application/json; callbackSpec=1.0; charset=utf-8']

/** The media type of the answer to who accepts these; undefined if there is none. */
export const answerTypeFor = (accepted: string | undefined): string | undefined =>
  accepted ? typeIn(accepted) : json

const typeIn = remember((accepted: string) => {
  const negotiator = new Negotiator({ headers: { accept: accepted } })
  return negotiator.mediaType(offeredTypes) === undefined ? undefined : negotiator.mediaType(apolloTypes)
})
