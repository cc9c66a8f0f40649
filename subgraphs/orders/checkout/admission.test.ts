import { describe, expect, it } from 'vitest'
import { createAdmission } from './admission.ts'

const soon = () => Date.now() + 30
const later = () => Date.now() + 10_000

describe('admission', () => {
  it('lets a bounded number in, and the next one once a place is given back', async () => {
    const admission = createAdmission({ maxInside: 2, maxWaiting: 10 })
    const [first, second] = [await admission.enter(later()), await admission.enter(later())]
    const waiting = admission.enter(later())
    expect(await admission.enter(soon())).toBeUndefined()
    first?.()
    expect(await waiting).toBeTypeOf('function')
    expect(await admission.enter(soon())).toBeUndefined()
    second?.()
    expect(await admission.enter(later())).toBeTypeOf('function')
  })

  it('turns away at once whoever would have to wait behind too many', async () => {
    const admission = createAdmission({ maxInside: 1, maxWaiting: 1 })
    await admission.enter(later())
    void admission.enter(soon())
    expect(await admission.enter(later())).toBeUndefined()
  })

  it('keeps no place for those who have stopped waiting', async () => {
    const admission = createAdmission({ maxInside: 1, maxWaiting: 10 })
    const leave = await admission.enter(later())
    const late = await Promise.all(Array.from({ length: 5 }, () => admission.enter(soon())))
    expect(late).toEqual(late.map(() => undefined))
    leave?.()
    expect(await admission.enter(later())).toBeTypeOf('function')
  })
})
