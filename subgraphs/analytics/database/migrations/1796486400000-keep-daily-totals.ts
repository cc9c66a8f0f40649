import type { QueryRunner } from 'typeorm'

/** Keeps the sums of each day and currency beside those of each product; triggers keep them for the release before, too. */
export class KeepDailyTotals1796486400000 {
  readonly name = 'KeepDailyTotals1796486400000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table daily_totals (
        day date not null,
        currency text not null,
        units_sold bigint not null,
        units_returned bigint not null,
        sold_minor bigint not null,
        returned_minor bigint not null,
        primary key (day, currency)
      );

      ${triggerOf('insert', 'referencing new table as added', `select ${columns} from added`)}
      ${triggerOf(
        'update',
        'referencing old table as removed new table as added',
        `select ${columns} from added
         union all
         select day, currency, -units_sold, -units_returned, -sold_minor, -returned_minor from removed`,
      )}

      create function empty_daily_totals() returns trigger language plpgsql as $$
      begin
        truncate daily_totals;
        return null;
      end $$;
      create trigger daily_sales_truncate after truncate on daily_sales
        for each statement execute function empty_daily_totals();`)
  }
}

const columns = 'day, currency, units_sold, units_returned, sold_minor, returned_minor'

/** Adds the changes of a statement to the totals. n.b. in the order of the keys, against deadlocks. */
const triggerOf = (event: 'insert' | 'update', tables: string, changes: string) => `
  create function ${event}_daily_totals() returns trigger language plpgsql as $$
  begin
    insert into daily_totals as kept (${columns})
    select day, currency, sum(units_sold), sum(units_returned), sum(sold_minor), sum(returned_minor)
    from (${changes}) as changes
    group by day, currency order by day, currency
    on conflict (day, currency) do update set
      units_sold = kept.units_sold + excluded.units_sold,
      units_returned = kept.units_returned + excluded.units_returned,
      sold_minor = kept.sold_minor + excluded.sold_minor,
      returned_minor = kept.returned_minor + excluded.returned_minor;
    return null;
  end $$;
  create trigger daily_sales_${event} after ${event} on daily_sales ${tables}
    for each statement execute function ${event}_daily_totals();`
