import { setTimeout as pause } from 'node:timers/promises'
import type { EventScenario } from '../events/event-scenario.ts'
import { readinessOf } from './readiness.ts'
import { underCondition } from './under-condition.ts'

/** Has the broker refuse what is published for `size` seconds; half-way a relay's process is started anew. */
export const brokerMemoryAlarm: EventScenario = {
  name: 'broker-memory-alarm',
  guarantee:
    'the broker takes nothing for some seconds, since its memory runs out: orders go on, news come later',
  sizes: { full: 20, short: 4 },
  run: context =>
    underCondition(
      context,
      async ({ system, broker, size, phase, confirmed, expect, expectServed, advance, noteKill }) => {
        const before = confirmed()
        await broker.block(true)
        try {
          expectServed(
            'the broker takes nothing',
            await phase('the broker takes nothing', () => pause(size * 500)),
          )
          const { body } = await readinessOf(system, 'orders-1')
          expect(body.dependencies.broker?.usable === false, 'orders-1 says that the broker can be used')
          await phase('orders-2 is started anew', async () => {
            const code = await system.processes.terminate('orders-2')
            noteKill()
            expect(code === 0, `orders-2 ended with code ${code}`)
            await system.processes.start('orders-2')
            await pause(size * 500)
          })
          expect(confirmed() > before, 'nothing was ordered meanwhile')
        } finally {
          await broker.block(false)
        }
        for (let second = 0; second < size; second += 1) advance()
      },
    ),
}
