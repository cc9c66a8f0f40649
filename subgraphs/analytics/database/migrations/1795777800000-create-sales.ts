import type { QueryRunner } from 'typeorm'

/** Creates what is known of the orders, the figures that follow from it, and the products' names. */
export class CreateSales1795777800000 {
  readonly name = 'CreateSales1795777800000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. no sum is ever negative, but a correction that is added to it may be, and a check would refuse that
    await runner.query(`
      create table order_facts (
        order_id uuid not null,
        version integer not null check (version > 0),
        fact jsonb not null,
        primary key (order_id, version)
      );

      create table daily_sales (
        day date not null,
        product_id uuid not null,
        currency text not null,
        units_sold bigint not null,
        units_returned bigint not null,
        sold_minor bigint not null,
        returned_minor bigint not null,
        primary key (day, product_id, currency)
      );

      create table product_sales (
        product_id uuid primary key,
        units_sold bigint not null
      );
      create index product_sales_by_units on product_sales (units_sold desc, product_id);

      create table products (
        product_id uuid primary key,
        name text not null,
        sku text not null,
        is_archived boolean not null,
        version integer not null check (version >= 0),
        named_at timestamptz not null
      );`)
  }
}
