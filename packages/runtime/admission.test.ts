import { describe, expect, it } from 'vitest'
import { type Admission, createAdmission } from './admission.ts'

const soon = () => Date.now() + 30
const later = () => Date.now() + 10_000

const enter = async (admission: Admission) => {
  const leave = await admission.enter(later())
  if (typeof leave === 'string') throw new Error(leave)
  return leave
}

describe('admission', () => {
  it('lets a bounded number in, and the next one once a place is given back', async () => {
    const admission = createAdmission({ maxInside: 2, maxWaiting: 10 })
    const [first, second] = [await enter(admission), await enter(admission)]
    const waiting = enter(admission)
    expect(await admission.enter(soon())).toBe('late')
    first()
    const third = await waiting
    expect(await admission.enter(soon())).toBe('late')
    second()
    third()
    await Promise.all([enter(admission), enter(admission)])
    expect(await admission.enter(soon())).toBe('late')
  })

  it('lets those who wait in as they came', async () => {
    const admission = createAdmission({ maxInside: 1, maxWaiting: 10 })
    const first = await enter(admission)
    const entered: number[] = []
    const waiting = [1, 2, 3].map(async number => {
      const leave = await enter(admission)
      entered.push(number)
      leave()
    })
    first()
    await Promise.all(waiting)
    expect(entered).toEqual([1, 2, 3])
  })

  it('turns away at once whoever would have to wait behind too many', async () => {
    const admission = createAdmission({ maxInside: 1, maxWaiting: 1 })
    await enter(admission)
    void admission.enter(soon())
    expect(await admission.enter(later())).toBe('full')
  })

  it('keeps no place for those who have stopped waiting', async () => {
    const admission = createAdmission({ maxInside: 1, maxWaiting: 5 })
    const leave = await enter(admission)
    const late = await Promise.all(Array.from({ length: 5 }, () => admission.enter(soon())))
    expect(late).toEqual(late.map(() => 'late'))
    const waiting = enter(admission)
    leave()
    await waiting
  })
})
