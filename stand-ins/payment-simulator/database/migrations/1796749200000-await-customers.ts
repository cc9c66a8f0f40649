import type { QueryRunner } from 'typeorm'

/** Lets a payment wait for its customer or for the bank, and stores why a payment failed. */
export class AwaitCustomers1796749200000 {
  readonly name = 'AwaitCustomers1796749200000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. the constraint of the states has the name that PostgreSQL gave it
    await runner.query(`
      alter table payment_intents
        add client_secret text,
        add return_url text,
        add failure jsonb;
      update payment_intents set client_secret = id || '_secret_' || replace(gen_random_uuid()::text, '-', '');
      update payment_intents
        set failure = '{"code":"card_declined","declineCode":"generic_decline","message":"Your card was declined."}'
        where status = 'requires_payment_method';
      alter table payment_intents
        alter client_secret set not null,
        drop constraint payment_intents_status_check,
        add constraint payment_intents_status_is_known check (status in (
          'requires_payment_method', 'requires_action', 'processing', 'requires_capture', 'succeeded', 'canceled')),
        add constraint payment_intents_say_why_they_failed
          check (failure is not null or status <> 'requires_payment_method');`)
  }
}
