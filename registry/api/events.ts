import { problemOfEvents } from '@supergraph/composition/event-changes.ts'
import { z } from 'zod'
import { keepEvents } from '../database/event-document-store.ts'
import type { Grant } from '../database/key-store.ts'
import { Refusal } from '../refusal.ts'
import { storedText } from '../stored-text.ts'
import { demandRole } from './caller.ts'
import type { Services } from './services.ts'
import { findVariant } from './variant.ts'

const maxCommitLength = 100

const pushed = z.object({
  graphVariant: z.string(),
  commit: storedText(maxCommitLength).min(1),
  published: z.string(),
  received: z.array(z.string()),
  isProposal: z.boolean(),
})

/** Keeps the AsyncAPI documents of a commit: for checks of that commit, or as what every check compares with. */
export const pushEvents = async (services: Services, caller: Grant, given: unknown) => {
  const { graphVariant: variant, commit, published, received, isProposal } = pushed.parse(given)
  demandRole(caller, isProposal ? 'check' : 'publish')
  const ref = { graph: caller.graph, variant }
  await findVariant(services, ref)
  const documents = { published: parseJson(published), received: received.map(parseJson) }
  const problem = hasTooManyLevels(documents) ? 'they have too many levels' : problemOfEvents(documents)
  if (problem !== undefined)
    throw new Refusal('BAD_USER_INPUT', `these are no documents of npm run asyncapi: ${problem}`)
  await keepEvents(services.database, { ref, commit, documents, isPublished: !isProposal })
  return { commit }
}

const hasTooManyLevels = (documents: object): boolean => {
  try {
    JSON.stringify(documents)
    return false
  } catch (error) {
    if (error instanceof RangeError) return true
    throw error
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new Refusal('BAD_USER_INPUT', `a document is no JSON: ${error.message}`)
    throw error
  }
}
