import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { expect, it, vi } from 'vitest'
import { nobody, someone } from './authorization/supergraph.fixture.ts'
import { createAdmission } from './documents/admission.ts'
import { createKnownOperations } from './documents/known-operations.ts'
import { readEnvironment } from './environment.ts'
import { createClientQueue } from './execution/client-queue.ts'
import { createExecution } from './execution/execution.ts'
import { createDocuments } from './limits/documents.ts'
import { createOperationChecks } from './limits/operations.ts'
import { loadSupergraph, readSupergraph } from './supergraph.ts'
import { warmUp } from './warm-up.ts'

const { keys } = await createIdentityKeys(['gateway'])
const environment = readEnvironment({ IDENTITY_KEY: keys.gateway })

const createParts = ({ introspection = true } = {}) => {
  const supergraph = loadSupergraph(readSupergraph())
  const ask = () => Promise.reject(new Error('nobody is asked'))
  const execution = createExecution({
    queue: createClientQueue(),
    supergraph,
    clients: new Map(supergraph.subgraphs.map(({ name }) => [name, { ask }])),
    unauthorizedOperations: 'filter',
    checks: createOperationChecks(supergraph, { maxCost: 6_000, maxFetches: 60 }),
    maxAnswerBytes: 1_000_000,
    logger: createLogger('gateway', 'silent'),
  })
  const known = createKnownOperations()
  const planned = vi.spyOn(supergraph.planner, 'buildQueryPlan')
  const pause = vi.fn(async () => undefined)
  const logger = createLogger('gateway', 'silent')
  const documents = createDocuments(environment)
  const admission = createAdmission({ supergraph, documents, known, introspection })
  return { supergraph, execution, known, admission, pause, planned, logger }
}

it('leaves nothing to plan when a recorded operation first comes', async () => {
  const { planned, ...parts } = createParts()
  const texts = readRecordedOperations()
  await warmUp({ recorded: texts, busiest: [] }, parts)
  const before = planned.mock.calls.length
  expect(before).toBeGreaterThan(0)
  expect(parts.pause.mock.calls.length).toBeGreaterThanOrEqual(before)
  for (const text of texts) {
    const operation = parts.known.find(text)
    if (operation === undefined) throw new Error(`it is not known: ${text}`)
    for (const viewer of [nobody, someone()]) {
      await parts.execution.prepare(operation, {}, { authority: parts.execution.authorityOf(viewer) })
    }
  }
  expect(planned).toHaveBeenCalledTimes(before)
})

it('skips what is not valid, too large, or no document at all', async () => {
  const { planned, ...parts } = createParts()
  const tooLarge = `{ ${'me { id } '.repeat(1_000)} }`
  await warmUp({ recorded: ['{ noSuchField }', tooLarge], busiest: ['{', '{ me { id } }'] }, parts)
  expect(parts.known.find('{ noSuchField }')).toBeUndefined()
  expect(parts.known.find(tooLarge)).toBeUndefined()
  expect(parts.known.find('{ me { id } }')).toBeDefined()
  expect(planned).toHaveBeenCalled()
})

it('fails if the planner does on a recorded operation, so that such a supergraph is not served', async () => {
  const { planned, ...parts } = createParts()
  planned.mockImplementation(() => {
    throw new Error('it has no path')
  })
  const recorded = ['query Me { me { id } }']
  await expect(warmUp({ recorded, busiest: [] }, parts)).rejects.toThrow('the planner fails on Me')
})

it('does not fail if the planner does on what clients send, which is theirs to choose', async () => {
  const { planned, ...parts } = createParts()
  planned.mockImplementation(() => {
    throw new Error('it has no path')
  })
  const warn = vi.spyOn(parts.logger, 'warn')
  await warmUp({ recorded: [], busiest: ['query Me { me { id } }'] }, parts)
  expect(warn).toHaveBeenCalledWith(expect.objectContaining({ err: expect.any(Error) }), expect.any(String))
})

it('makes no introspection known if clients may not look at the schema', async () => {
  const text = '{ __schema { description } me { id } }'
  for (const introspection of [false, true]) {
    const { planned: _, ...parts } = createParts({ introspection })
    await warmUp({ recorded: [text], busiest: [] }, parts)
    expect(parts.known.find(text) !== undefined).toBe(introspection)
  }
})
