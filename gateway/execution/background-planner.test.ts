import { planDocument } from '@supergraph/composition/query-planner.ts'
import { parse } from 'graphql'
import { expect, it, onTestFinished, vi } from 'vitest'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'
import { createBackgroundPlanner } from './background-planner.ts'

const supergraph = loadSupergraph(readSupergraph())
const text = 'query Names { me { name orders(first: 3) { edges { node { items { product { name } } } } } } }'
const request = { text, operationName: 'Names' }
const patience = { timeout: 60_000 }
let keys = 0
const names = () => ({ ...request, key: `names ${keys++}` })

const started = (sdl = supergraph.sdl) => {
  const error = vi.fn()
  const planner = createBackgroundPlanner(sdl, { error })
  onTestFinished(planner.stop)
  return { planner, error }
}

const loaded = async (sdl?: string) => {
  const { planner, error } = started(sdl)
  const first = await vi.waitUntil(() => planner.plan(names(), {}), patience)
  return { planner, error, first }
}

it('plans as the process itself does, once its thread is loaded', async () => {
  const { planner } = started()
  expect(planner.plan(names(), {})).toBeUndefined()
  const answer = await vi.waitUntil(() => planner.plan(names(), {}), patience)
  expect(answer).toEqual({ node: planDocument(supergraph, parse(text), { operationName: 'Names' }) })
})

it('says of what the planner does not take that it failed, and goes on', async () => {
  const { planner, first } = await loaded()
  expect(await planner.plan({ key: 'nothing', text: '{ nothing }', operationName: undefined }, {})).toBe(
    'failed',
  )
  expect(await planner.plan(names(), {})).toEqual(first)
})

it('does not plan what nobody waits for any more', async () => {
  const { planner } = await loaded()
  const before = planner.plan(names(), {})
  const unwanted = planner.plan(names(), { gone: AbortSignal.abort() })
  const after = planner.plan(names(), {})
  await expect(unwanted).rejects.toThrow('The client has gone.')
  expect(await after).toEqual(await before)
})

it('plans once what several ask for meanwhile, if only one of them still waits', async () => {
  const { planner } = await loaded()
  const busy = planner.plan(names(), {})
  const asked = names()
  const one = planner.plan(asked, { gone: AbortSignal.abort() })
  const other = planner.plan(asked, {})
  expect(other).toBe(one)
  expect(await other).toEqual(await busy)
})

it('fails what its thread ran out of memory on, not the process, and loads another thread', async () => {
  const { planner, error, first } = await loaded()
  const text = `{ ${'a '.repeat(2_500_000)} }`
  const huge = planner.plan({ key: 'huge', text, operationName: undefined }, {})
  const next = planner.plan(names(), {})
  await expect(huge).rejects.toThrow('the operation could not be planned')
  await expect(next).rejects.toThrow('the operation could not be planned')
  expect(error).toHaveBeenCalledTimes(1)
  expect(await vi.waitUntil(() => planner.plan(names(), {}), patience)).toEqual(first)
})

it('leaves all planning to the process if it can not load the supergraph', async () => {
  const { planner, error } = started('type Query')
  expect(planner.plan(names(), {})).toBeUndefined()
  await vi.waitUntil(() => error.mock.calls.length > 0, patience)
  expect(planner.plan(names(), {})).toBeUndefined()
})

it('lets nobody wait when it is stopped', async () => {
  const { planner } = await loaded()
  const answers = Promise.allSettled([1, 2, 3].map(() => planner.plan(names(), {})))
  await planner.stop()
  for (const { status } of await answers) expect(status).toBe('rejected')
  expect(planner.plan(names(), {})).toBeUndefined()
})
