import { parentPort } from 'node:worker_threads'
import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { findMistake } from '../parse-graphql.ts'
import { checkWithUsage } from './check-with-usage.ts'
import { lint } from './lint.ts'
import { validateOperations } from './validate-operations.ts'
import { begun, type Outcome, type Work } from './work.ts'

parentPort?.on('message', async ({ compose, check, parse, lint: linted, validate }: Partial<Work>) => {
  parentPort?.postMessage(begun)
  if (compose !== undefined) say(composeSubgraphs(compose))
  if (check !== undefined) say(await checkWithUsage(check.next, check.base, check.usage))
  if (parse !== undefined) say(findMistake(parse))
  if (linted !== undefined) say(lint(linted))
  if (validate !== undefined) say(validateOperations(validate))
})

const say = (outcome: Outcome[keyof Outcome]): void => parentPort?.postMessage(outcome)
