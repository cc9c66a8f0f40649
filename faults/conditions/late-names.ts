import { setTimeout as pause } from 'node:timers/promises'
import type { NameServer } from '../../testbed/name-server.ts'
import type { EventScenario } from '../events/event-scenario.ts'
import { startPassersBy } from './passers-by.ts'
import { type ConditionContext, underCondition } from './under-condition.ts'

const lateByMs = 3_000
/** In which connections that break are replaced by others to the same addresses. */
const replacedAfterMs = 3_000

/**
 * Has the names of all servers answered late for half of `size` seconds, and not at all for the other half, while connections
 * break, and a process and the broker are started anew.
 */
export const createLateNames = (
  names: Pick<NameServer, 'answer' | 'questions'> | undefined,
): EventScenario => ({
  name: 'late-dns',
  guarantee: 'names come seconds late, and then not at all, while connections break: others are not held up',
  sizes: { full: 24, short: 8 },
  run: context =>
    underCondition(context, async condition => {
      if (names === undefined) return
      const { system, broker, size, phase, expect, expectServed, advance, noteKill } = condition
      const passers = startPassersBy(condition)
      const before = names.questions()
      try {
        names.answer(lateByMs)
        await breakOff(condition, 'names come late')
        await phase('names come late, orders-2 is started', async () => {
          await system.processes.kill('orders-2')
          noteKill()
          await system.processes.start('orders-2')
          await pause(2 * lateByMs)
        })
        names.answer('failure')
        await breakOff(condition, 'no name comes')
        const answers = await phase('no name comes, the broker is killed', async () => {
          await broker.kill()
          noteKill()
          await broker.restart()
          await pause(size * 250)
        })
        expectServed('no name comes, the broker is killed', answers)
      } finally {
        names.answer(0)
        await passers.stop()
      }
      expect(names.questions() > before, 'nobody has asked for a name')
      for (let second = 0; second < size; second += 1) advance()
    }),
})

/** Breaks the connections to PostgreSQL off. Customers are served again by new connections though names do not come. */
const breakOff = async (
  { system, size, phase, expectServed }: ConditionContext,
  what: string,
): Promise<void> => {
  await system.database.endSessions()
  await phase(`${what}, PostgreSQL breaks off`, () => pause(replacedAfterMs))
  expectServed(`${what}, and the addresses are known`, await phase('it stays so', () => pause(size * 250)))
}
