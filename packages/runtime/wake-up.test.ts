import { expect, it } from 'vitest'
import { createWakeUp } from './wake-up.ts'

it('does not sleep through a wake that came before the sleep', async () => {
  const wakeUp = createWakeUp()
  wakeUp.wake()
  await wakeUp.wait(60_000)
  const sleeping = wakeUp.wait(60_000)
  wakeUp.wake()
  await sleeping
})

it('wakes by itself when its time is up, once per wake', async () => {
  const wakeUp = createWakeUp()
  wakeUp.wake()
  await wakeUp.wait(60_000)
  const startedAt = performance.now()
  await wakeUp.wait(50)
  expect(performance.now() - startedAt).toBeGreaterThan(40)
})
