import type { QueryRunner } from 'typeorm'

/** Adds what resuming subscriptions stand on: since when a change is kept, what was pruned, and the sequence of placed orders. */
export class ResumeSubscriptions1795174800000 {
  readonly name = 'ResumeSubscriptions1795174800000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table notifications add column stored_at timestamptz not null default now();
      create index notifications_stored_at on notifications (stored_at);

      alter table order_updates
        add column stored_at timestamptz not null default now(),
        add column stored_in xid8 not null default pg_current_xact_id(),
        add column follows_pruned boolean not null default false;
      create index order_updates_unpruned on order_updates (stored_at) where not follows_pruned;
      create index order_updates_placed on order_updates (stored_in, order_id) where type = 'order.placed';`)
  }
}
