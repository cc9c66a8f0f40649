import type { QueryRunner } from 'typeorm'

/** Creates the catalogue, the stock ledger and the reservations. */
export class CreateCatalogue1767600000000 {
  readonly name = 'CreateCatalogue1767600000000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. timestamptz(3): a Date holds milliseconds, and cursors are made from Dates
    // n.b. a sku's parts are words of their own: PostgreSQL would read "-350" as a negative number
    // n.b. "und-x-icu": names in the order people expect, the same on every server
    await runner.query(`
      create table products (
        id uuid primary key,
        sku text not null unique check (char_length(sku) between 1 and 64),
        name text not null check (char_length(name) between 1 and 200),
        description text not null,
        category text,
        price_minor integer not null check (price_minor >= 0),
        currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
        available integer not null check (available >= 0),
        image_url text,
        version integer not null check (version >= 1),
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        archived_at timestamptz(3),
        search tsvector not null generated always as (
          setweight(to_tsvector('english', name), 'A')
          || setweight(to_tsvector('english', sku), 'A')
          || setweight(to_tsvector('simple', translate(sku, '-_./', '    ')), 'A')
          || setweight(to_tsvector('english', coalesce(category, '')), 'B')
          || setweight(to_tsvector('english', description), 'C')
        ) stored
      );
      create index products_by_search on products using gin (search);
      create index products_by_sku on products (lower(sku));
      create index products_by_age on products (created_at, id) where archived_at is null;
      create index products_by_name on products (name collate "und-x-icu", id) where archived_at is null;
      create index products_by_price on products (price_minor, id) where archived_at is null;
      create index products_by_category on products (category) where archived_at is null;

      create table stock_movements (
        id uuid primary key,
        product_id uuid not null references products,
        delta integer not null check (delta <> 0),
        reason text not null check (char_length(reason) between 1 and 200),
        order_id uuid,
        actor text not null,
        at timestamptz(3) not null
      );
      create index stock_movements_by_product on stock_movements (product_id, at);
      create index stock_movements_by_order on stock_movements (order_id) where order_id is not null;

      create table reservations (
        order_id uuid primary key,
        state text not null check (state in ('RESERVED', 'RELEASED')),
        created_at timestamptz(3) not null,
        released_at timestamptz(3),
        check ((state = 'RELEASED') = (released_at is not null))
      );

      create table reservation_lines (
        order_id uuid not null references reservations,
        product_id uuid not null references products,
        quantity integer not null check (quantity > 0),
        primary key (order_id, product_id)
      );`)
  }
}
