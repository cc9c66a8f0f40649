import { setTimeout as pause } from 'node:timers/promises'
import type { ShiftedClock } from '../../testbed/shifted-clock.ts'
import type { EventScenario } from '../events/event-scenario.ts'
import { underCondition } from './under-condition.ts'

type Clock = Pick<ShiftedClock, 'shift'>

const hourSeconds = 3_600
// n.b. those who ask a process look each second whether its clock is theirs
const noticedAfterMs = 3_000

/** Shifts the time of day of an orders process by an hour, forth and back, for `size` seconds in all, and then that of a gateway. */
export const createClockJump = (
  clocks: { readonly orders: Clock; readonly gateway: Clock } | undefined,
): EventScenario => ({
  name: 'clock-jump',
  guarantee: 'the clock of one process jumps an hour and back: nothing is lost or doubled, others go on',
  sizes: { full: 24, short: 8 },
  endCodes: ['UNAUTHENTICATED'],
  run: context =>
    underCondition(context, async ({ size, phase, allow, expect, expectServed, advance }) => {
      if (clocks === undefined) return
      const eachMs = (size * 1_000) / 4
      const jump = async (what: string, clock: Clock, seconds: number) => {
        await clock.shift(seconds)
        await phase(what, () => pause(noticedAfterMs))
        const outcome = await phase('it stays so', () => pause(eachMs))
        await clock.shift(0)
        await phase('it is right again', () => pause(noticedAfterMs))
        return outcome
      }
      try {
        for (const [what, seconds] of [
          ['orders-1 is an hour ahead', hourSeconds],
          ['orders-1 is an hour behind', -hourSeconds],
        ] as const) {
          expectServed(`${what}, and orders-2 is there`, await jump(what, clocks.orders, seconds))
        }
        // n.b. a gateway that is ahead takes each access token for one that is over
        allow(['UNAUTHENTICATED'])
        for (const [what, seconds] of [
          ['gateway-1 is an hour ahead', hourSeconds],
          ['gateway-1 is an hour behind', -hourSeconds],
        ] as const) {
          const { whole } = await jump(what, clocks.gateway, seconds)
          expect(whole > 0, `${what}, and gateway-2 served nobody`)
        }
      } finally {
        await Promise.all([clocks.orders, clocks.gateway].map(clock => clock.shift(0)))
      }
      for (let second = 0; second < size; second += 1) advance()
    }),
})
