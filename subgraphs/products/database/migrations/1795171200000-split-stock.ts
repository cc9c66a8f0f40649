import type { QueryRunner } from 'typeorm'

/** Splits stock into what is in the warehouse and what orders hold of it, and gives reservations an end. */
export class SplitStock1795171200000 {
  readonly name = 'SplitStock1795171200000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. a reservation from before there were payments is an order's for good: it counts as committed
    await runner.query(`
      alter table products
        add on_hand integer,
        add reserved integer not null default 0;
      update products set on_hand = available;
      alter table products
        drop column available,
        alter on_hand set not null,
        alter reserved drop default,
        add check (0 <= reserved and reserved <= on_hand),
        add available integer not null generated always as (on_hand - reserved) stored;

      alter table stock_movements drop constraint stock_movements_delta_check;
      alter table stock_movements rename column delta to on_hand_delta;
      alter table stock_movements
        add reserved_delta integer not null default 0,
        add idempotency_key text,
        add check (on_hand_delta <> 0 or reserved_delta <> 0),
        add unique (actor, idempotency_key);
      alter table stock_movements alter reserved_delta drop default;

      alter table reservations drop constraint reservations_state_check, drop constraint reservations_check;
      alter table reservations rename column released_at to changed_at;
      alter table reservations
        add expires_at timestamptz(3),
        add shortages jsonb;
      update reservations set
        state = case state when 'RESERVED' then 'COMMITTED' else state end,
        changed_at = coalesce(changed_at, created_at);
      alter table reservations
        alter changed_at set not null,
        add check (state in ('RESERVED', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REFUSED')),
        add check ((state = 'RESERVED') = (expires_at is not null)),
        add check ((state = 'REFUSED') = (shortages is not null));
      create index reservations_by_expiry on reservations (expires_at) where state = 'RESERVED';`)
  }
}
