import type { QueryRunner } from 'typeorm'

/** Lets notifications tell of shipped, delivered and refunded orders. */
export class AllowOrderNews1795171260000 {
  readonly name = 'AllowOrderNews1795171260000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table notifications
        drop constraint notifications_kind_check,
        add constraint notifications_kind_check check (kind in (
          'WELCOME', 'ORDER_CONFIRMED', 'ORDER_REJECTED', 'ORDER_CANCELLED',
          'ORDER_SHIPPED', 'ORDER_DELIVERED', 'ORDER_REFUNDED'));`)
  }
}
