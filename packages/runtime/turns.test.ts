import { describe, expect, it } from 'vitest'
import { createTurns, type Turns } from './turns.ts'

const soon = () => Date.now() + 30
const later = () => Date.now() + 10_000

const take = async (turns: Turns) => {
  const release = await turns.take(later())
  if (typeof release === 'string') throw new Error(release)
  return release
}

describe('taking turns', () => {
  it('lets a bounded number in, and the next one once a turn is given back', async () => {
    const turns = createTurns({ atOnce: 2, maxWaiting: 10 })
    const [first, second] = [await take(turns), await take(turns)]
    const waiting = take(turns)
    expect(await turns.take(soon())).toBe('late')
    first()
    const third = await waiting
    expect(await turns.take(soon())).toBe('late')
    second()
    third()
    await Promise.all([take(turns), take(turns)])
    expect(await turns.take(soon())).toBe('late')
  })

  it('lets callers in by the order in which they came', async () => {
    const turns = createTurns({ atOnce: 1, maxWaiting: 10 })
    const first = await take(turns)
    const entered: number[] = []
    const waiting = [1, 2, 3].map(async number => {
      const release = await take(turns)
      entered.push(number)
      release()
    })
    first()
    await Promise.all(waiting)
    expect(entered).toEqual([1, 2, 3])
  })

  it('refuses a caller at once if too many wait already', async () => {
    const turns = createTurns({ atOnce: 1, maxWaiting: 1 })
    await take(turns)
    expect(turns.isFull()).toBe(false)
    void turns.take(soon())
    expect(turns.isFull()).toBe(true)
    expect(await turns.take(later())).toBe('full')
    await expect(turns.run(() => undefined)).rejects.toThrow('1 callers wait for their turn already.')
  })

  it('keeps no place for those who have stopped waiting', async () => {
    const turns = createTurns({ atOnce: 1, maxWaiting: 5 })
    const release = await take(turns)
    const late = await Promise.all(Array.from({ length: 5 }, () => turns.take(soon())))
    expect(late).toEqual(late.map(() => 'late'))
    const waiting = take(turns)
    release()
    await waiting
  })

  it('waits without end for a turn without a deadline', async () => {
    const turns = createTurns({ atOnce: 1 })
    const release = await take(turns)
    const waiting = [turns.take(), turns.take(Number.POSITIVE_INFINITY)]
    expect(await Promise.race([...waiting, turns.take(soon())])).toBe('late')
    release()
    expect(await waiting[0]).toBe(release)
  })

  it('tells how many turns are free', async () => {
    const turns = createTurns({ atOnce: 2 })
    expect(turns.free()).toBe(2)
    const release = await take(turns)
    expect(turns.free()).toBe(1)
    await take(turns)
    expect([turns.free(), turns.isFull()]).toEqual([0, false])
    release()
    expect(turns.free()).toBe(1)
  })
})

describe('running tasks', () => {
  it('runs no more tasks at a time than there are turns, in the order of the calls', async () => {
    const turns = createTurns({ atOnce: 2 })
    let running = 0
    let most = 0
    const order: number[] = []
    await Promise.all(
      [1, 2, 3, 4, 5].map(number =>
        turns.run(async () => {
          order.push(number)
          running += 1
          most = Math.max(most, running)
          await Promise.resolve()
          running -= 1
        }),
      ),
    )
    expect({ most, order }).toEqual({ most: 2, order: [1, 2, 3, 4, 5] })
  })

  it('is idle once the waiting tasks have run too, even if tasks fail', async () => {
    const turns = createTurns({ atOnce: 1 })
    const done: string[] = []
    const failing = turns.run(() => Promise.reject(new Error('no')))
    const waiting = turns.run(async () => done.push('second'))
    // n.b. nobody listens to the failure while the tasks run
    failing.catch(() => undefined)
    await turns.idle()
    expect(done).toEqual(['second'])
    await expect(failing).rejects.toThrow('no')
    await waiting
    await turns.idle()
  })
})
