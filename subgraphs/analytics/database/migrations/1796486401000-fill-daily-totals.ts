import type { QueryRunner } from 'typeorm'
import { z } from 'zod'

/** Adds up the days from before there were totals, a day in a transaction. It may end at any point: it begins again. */
export class FillDailyTotals1796486401000 {
  readonly name = 'FillDailyTotals1796486401000'
  readonly transaction = false

  async up(runner: QueryRunner): Promise<void> {
    for (let last = '-infinity'; ; ) {
      const [{ day }] = next.parse(
        await runner.query('select min(day)::text as day from daily_sales where day > $1', [last]),
      )
      if (day === null) return
      await addUp(runner, day)
      last = day
    }
  }
}

const next = z.tuple([z.object({ day: z.string().nullable() })])

// n.b. a sale that is counted meanwhile would be added up twice or not at all
const addUp = async (runner: QueryRunner, day: string): Promise<void> => {
  await runner.startTransaction()
  try {
    await runner.query('lock table daily_sales in share row exclusive mode')
    await runner.query('delete from daily_totals where day = $1', [day])
    await runner.query(
      `insert into daily_totals (day, currency, units_sold, units_returned, sold_minor, returned_minor)
       select day, currency, sum(units_sold), sum(units_returned), sum(sold_minor), sum(returned_minor)
       from daily_sales where day = $1 group by day, currency`,
      [day],
    )
    await runner.commitTransaction()
  } catch (error) {
    await runner.rollbackTransaction()
    throw error
  }
}
