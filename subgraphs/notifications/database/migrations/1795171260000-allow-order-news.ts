import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Lets notifications tell of shipped, delivered and refunded orders. */
export class AllowOrderNews1795171260000 implements MigrationInterface {
  readonly name = 'AllowOrderNews1795171260000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table notifications
        drop constraint notifications_kind_check,
        add constraint notifications_kind_check check (kind in (
          'WELCOME', 'ORDER_CONFIRMED', 'ORDER_REJECTED', 'ORDER_CANCELLED',
          'ORDER_SHIPPED', 'ORDER_DELIVERED', 'ORDER_REFUNDED'));`)
  }

  async down(runner: QueryRunner): Promise<void> {
    // n.b. fails while there is a notification of one of the kinds that it takes away
    await runner.query(`
      alter table notifications
        drop constraint notifications_kind_check,
        add constraint notifications_kind_check check (
          kind in ('WELCOME', 'ORDER_CONFIRMED', 'ORDER_REJECTED', 'ORDER_CANCELLED'));`)
  }
}
