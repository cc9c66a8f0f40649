import { expect, it } from 'vitest'
import { shareReads } from './shared-reads.ts'

const createReads = () => {
  const seen: string[] = []
  const read = shareReads(async ({ id }: { readonly id: string }, after: number) => {
    seen.push(`${id} after ${after}`)
    if (id === 'broken') throw new Error('gone')
    return { id, after }
  })
  return { seen, read }
}

it('reads once for all who ask for the same in one turn', async () => {
  const { seen, read } = createReads()
  const answers = await Promise.all([read({ id: 'a' }, 1), read({ id: 'b' }, 1), read({ id: 'a' }, 1)])
  expect(answers).toEqual([
    { id: 'a', after: 1 },
    { id: 'b', after: 1 },
    { id: 'a', after: 1 },
  ])
  expect(seen).toEqual(['a after 1', 'b after 1'])
})

it('begins another read for whoever asks once a read has begun', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: row, resolve: answer } = Promise.withResolvers<number>()
  let reads = 0
  const read = shareReads(async () => {
    reads += 1
    begin()
    return row
  })
  const first = read()
  await begun
  const second = read()
  answer(7)
  expect(await Promise.all([first, second])).toEqual([7, 7])
  expect(reads).toBe(2)
})

it('passes a failure on to all who share it, and reads anew afterwards', async () => {
  const { seen, read } = createReads()
  const shared = [read({ id: 'broken' }, 1), read({ id: 'broken' }, 1)]
  for (const answer of shared) await expect(answer).rejects.toThrow('gone')
  await expect(read({ id: 'broken' }, 1)).rejects.toThrow('gone')
  expect(seen.length).toBe(2)
})
