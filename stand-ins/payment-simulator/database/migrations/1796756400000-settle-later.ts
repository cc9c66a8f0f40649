import type { QueryRunner } from 'typeorm'

/** Creates disputes and what happens later by itself, and lets refunds wait and fail. */
export class SettleLater1796756400000 {
  readonly name = 'SettleLater1796756400000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. the constraint of the refunds' states has the name that PostgreSQL gave it
    await runner.query(`
      alter table refunds
        drop constraint refunds_status_check,
        add constraint refunds_status_is_known check (status in ('pending', 'succeeded', 'failed')),
        add failure_reason text,
        add constraint refunds_say_why_they_failed check ((failure_reason is not null) = (status = 'failed'));

      create table disputes (
        id text primary key,
        payment_intent_id text not null references payment_intents,
        amount bigint not null check (amount > 0),
        reason text not null,
        status text not null constraint disputes_status_is_known check (status in (
          'warning_needs_response', 'warning_under_review', 'warning_closed',
          'needs_response', 'under_review', 'won', 'lost')),
        created_at timestamptz not null
      );
      create index disputes_of_payment on disputes (payment_intent_id, created_at);

      create table later_changes (
        id bigint generated always as identity primary key,
        change jsonb not null,
        due_at timestamptz not null
      );
      create index later_changes_by_time on later_changes (due_at);`)
  }
}
