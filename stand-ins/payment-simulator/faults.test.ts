import { expect, it } from 'vitest'
import { createFaults, faultSwitches } from './faults.ts'

const strikes = (switches: unknown, times = 100) => {
  const faults = createFaults()
  faults.set(faultSwitches.parse(switches))
  return Array.from({ length: times }, () => faults.strike('capture')?.kind)
}

it('strikes the operation that it names, and every operation if it names any', () => {
  const faults = [
    { operation: 'refund', kind: 'error' },
    { operation: 'any', kind: 'hang' },
  ]
  expect(strikes({ faults }, 2)).toEqual(['hang', 'hang'])
})

it('strikes as often as it may, and tells how often it has', () => {
  const faults = createFaults()
  faults.set(faultSwitches.parse({ faults: [{ operation: 'capture', kind: 'error', times: 2 }] }))
  const struck = Array.from({ length: 4 }, () => faults.strike('capture')?.kind)
  expect(struck).toEqual(['error', 'error', undefined, undefined])
  expect(faults.list()).toMatchObject([{ struck: 2 }])
})

it('strikes about as often as its probability says, and at the same requests for the same seed', () => {
  const faults = [{ operation: 'capture', kind: 'lostAnswer', probability: 0.3 }]
  const first = strikes({ faults, seed: 7 }, 1_000)
  const struck = first.filter(kind => kind !== undefined).length
  expect(struck).toBeGreaterThan(250)
  expect(struck).toBeLessThan(350)
  expect(strikes({ faults, seed: 7 }, 1_000)).toEqual(first)
  expect(strikes({ faults, seed: 8 }, 1_000)).not.toEqual(first)
})

it('strikes events that are to be sent for the operation webhook alone', () => {
  const faults = createFaults()
  faults.set(
    faultSwitches.parse({
      faults: [
        { operation: 'any', kind: 'hang' },
        { operation: 'webhook', kind: 'lost' },
      ],
    }),
  )
  expect(faults.strikeWebhook()?.kind).toBe('lost')
  expect(faults.strike('capture')?.kind).toBe('hang')
  expect(faults.list()).toMatchObject([{ struck: 1 }, { struck: 1 }])
})

it.each([
  { faults: [{ operation: 'webhook', kind: 'hang' }] },
  { faults: [{ operation: 'any', kind: 'lost' }] },
  { faults: [{ operation: 'webhook', kind: 'doubled', delayMs: 5 }] },
  { faults: [{ operation: 'pay', kind: 'error' }] },
  { faults: [{ operation: 'any', kind: 'error', delayMs: 5 }] },
  { faults: [{ operation: 'any', kind: 'error', probability: 2 }] },
])('refuses a switch that would do nothing: %j', switches => {
  expect(faultSwitches.safeParse(switches).success).toBe(false)
})
