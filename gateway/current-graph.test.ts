import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, vi } from 'vitest'
import { createCurrentGraph } from './current-graph.ts'
import { createUsage } from './usage.ts'

const logger = createLogger('gateway', 'silent')
const createGraph = (name: string) => ({
  name,
  usage: createUsage(),
  stop: vi.fn(async () => undefined),
})
const createWork = () => {
  let end = (): void => undefined
  const ended = new Promise<void>(resolve => {
    end = resolve
  })
  return { ended, end: () => end() }
}

it('lets an operation end on the graph that it began on, and stops that graph only then', async () => {
  const [first, second] = [createGraph('first'), createGraph('second')]
  const current = createCurrentGraph(first, logger)
  const work = createWork()
  const before = current.use(async graph => {
    await work.ended
    expect(first.stop).not.toHaveBeenCalled()
    return graph.name
  })
  const replaced = current.replace(second)
  expect(current.now()).toBe(second)
  expect(await current.use(async graph => graph.name)).toBe('second')
  work.end()
  expect(await before).toBe('first')
  await replaced
  await vi.waitFor(() => expect(first.stop).toHaveBeenCalledOnce())
  expect(second.stop).not.toHaveBeenCalled()
})

it('stops a graph that failed operations used', async () => {
  const first = createGraph('first')
  const current = createCurrentGraph(first, logger)
  const work = createWork()
  const failed = expect(
    current.use(async () => {
      await work.ended
      throw new Error('it failed')
    }),
  ).rejects.toThrow('it failed')
  const replaced = current.replace(createGraph('second'))
  work.end()
  await Promise.all([failed, replaced])
  await vi.waitFor(() => expect(first.stop).toHaveBeenCalledOnce())
})

it('stops each graph once when the process stops in the middle of a change', async () => {
  const [first, second] = [createGraph('first'), createGraph('second')]
  const current = createCurrentGraph(first, logger)
  const work = createWork()
  const used = current.use(() => work.ended)
  const replaced = current.replace(second)
  await current.stop()
  work.end()
  await Promise.all([used, replaced])
  expect(first.stop).toHaveBeenCalledOnce()
  expect(second.stop).toHaveBeenCalledOnce()
})

it('stops a graph only after those who follow the graph have left it', async () => {
  const [first, second] = [createGraph('first'), createGraph('second')]
  const current = createCurrentGraph(first, logger)
  const work = createWork()
  current.follow(async next => {
    expect(next).toBe(second)
    await work.ended
    expect(first.stop).not.toHaveBeenCalled()
  })
  const replaced = current.replace(second)
  work.end()
  await replaced
  await vi.waitFor(() => expect(first.stop).toHaveBeenCalledOnce())
})

it('stops a graph although one who follows the graph has failed', async () => {
  const first = createGraph('first')
  const current = createCurrentGraph(first, logger)
  current.follow(() => Promise.reject(new Error('it failed')))
  await expect(current.replace(createGraph('second'))).rejects.toThrow('it failed')
  await vi.waitFor(() => expect(first.stop).toHaveBeenCalledOnce())
})
