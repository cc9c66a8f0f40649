import { expect, it, onTestFinished, vi } from 'vitest'
import { closeInTurns } from './close-in-turns.ts'

const start = (count: number, getsAnswer: (one: number) => boolean = () => false) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const closed: number[] = []
  const all = Array.from({ length: count }, (_, index) => index)
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  void closeInTurns(all, one => closed.push(one), getsAnswer).then(resolve)
  return { closed, all, ended, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) }
}

it('closes thousands evenly within three seconds', async () => {
  const { closed, all, ended, pass } = start(10_000)
  const counts: number[] = []
  for (let step = 0; step < 6; step += 1) {
    counts.push(closed.length)
    await pass(500)
  }
  expect(counts.map(count => Math.round(count / 1_000))).toEqual([0, 2, 3, 5, 7, 8])
  await pass(50)
  await ended
  expect(closed).toEqual(all)
})

it('closes a few within some milliseconds each', async () => {
  const { closed, ended, pass } = start(3)
  await pass(100)
  await ended
  expect(closed).toHaveLength(3)
})

it('waits for nothing if there is nobody', async () => {
  await start(0).ended
})

it('lets one go that gets an answer when it has it, or a second after the others', async () => {
  const busy = new Set([0, 1])
  const { closed, ended, pass } = start(4, one => busy.has(one))
  await pass(300)
  expect(closed).toEqual([2, 3])
  busy.delete(1)
  await pass(100)
  expect(closed).toEqual([2, 3, 1])
  await pass(1_000)
  await ended
  expect(closed).toEqual([2, 3, 1, 0])
})
