import type { QueryRunner } from 'typeorm'
import { searchTextOf } from './1795782000000-search-as-people-type.ts'

/**
 * Gives the search a table of its own, a vocabulary that corrects typing errors, and sold-out products a table that lists
 * them. Triggers keep all three; a change of stock touches none of them unless a product sells out or comes back.
 */
export class SearchWords1796400000000 {
  readonly name = 'SearchWords1796400000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [tables, tokens, vectors, vocabulary, upkeep, reading])
      await runner.query(statement)
  }
}

const tables = `
  create sequence searchable_products_place;
  create table searchable_products (
    product_id uuid primary key,
    place bigint not null,
    created_at timestamptz(3) not null,
    price_minor bigint not null,
    words tsvector not null
  );
  alter table searchable_products alter words set storage external, alter words set statistics 0;

  -- n.b. without "fastupdate", which leaves up to 4 MB of new entries to be read through by every search
  create index searchable_products_by_words on searchable_products using gin (words) with (fastupdate = off);

  create table search_words (word text collate "C" not null, uses bigint not null) with (fillfactor = 60);
  create index search_words_by_word on search_words (word);

  create table sold_out_products (
    product_id uuid primary key,
    created_at timestamptz(3) not null,
    price_minor bigint not null,
    name text not null
  );
  create index sold_out_products_by_age on sold_out_products (created_at, product_id);
  create index sold_out_products_by_price on sold_out_products (price_minor, product_id);
  create index sold_out_products_by_name on sold_out_products (name collate "und-x-icu", product_id);`

/** Han, kana, Thai, Lao, Burmese and Khmer, whose words have no blanks between them. */
const unspaced = String.raw`\u0e01-\u0e4e\u0e81-\u0ede\u1000-\u103f\u1780-\u17d3\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff`

const asciiSeparators = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"

/** n.b. before they are normalized: forms of half and full width and joined signs stand for them, too */
const mayBeUnspaced = String.raw`[\u0e01-\u1fff\u2e80-\uffff\U00010000-\U0010ffff]`

const tokens = String.raw`
  create or replace function search_text(words text) returns text language sql immutable strict parallel safe as $$
    select case when words ~ '[^ -~]'
      then (${searchTextOf(`translate(words, '™℠', '  ')`)})
      else trim(regexp_replace(translate(lower(words collate "C"), '${asciiSeparators}', '${' '.repeat(32)}'), '  +', ' ', 'g')) end
  $$;

  create function paired_text(words text) returns text language sql immutable parallel safe as $$
    select string_agg(case when run ~ '^[${unspaced}]' then pairs else run end, ' ' order by number)
    from unnest(string_to_array(regexp_replace(words, '[${unspaced}]+', ' \& ', 'g'), ' ')) with ordinality as runs (run, number)
    cross join lateral (
      select string_agg(substr(run, step, 2), ' ' order by step)
      from generate_series(1, greatest(char_length(run) - 1, 1)) as step
    ) as paired (pairs)
    where run <> ''
  $$;

  -- The words of a text between blanks; characters that are written without blanks as pairs, so that any part is found.
  create function spaced_text(words text) returns text language sql immutable parallel safe
    as $$ select case when words ~ '${mayBeUnspaced}' then paired_text(search_text(words)) else search_text(words) end $$;

  create function is_pair(token text) returns boolean language sql immutable parallel safe
    as $$ select token ~ '^[${unspaced}]' $$;

  create function search_stem(token text) returns text language sql immutable parallel safe
    as $$ select (ts_lexize('english_stem', token))[1] $$;`

const vectors = String.raw`
  -- What products are found by: their words, "~" stems, "=" words and stems of the name, "==" the whole name, "@=" the whole
  -- sku, "@" four letters or digits of the sku that follow each other and its last three, and ":" the category.
  create function searchable_words(ids uuid[]) returns table (id uuid, words tsvector) language sql stable as $$
    with listed as materialized (
      select *, search_text(products.name) as plain_name, replace(search_text(sku), ' ', '') as plain_sku
      from products where products.id = any (ids)
    ), texts as (
      select id, 0 as skipped, true as is_name, spaced_text(name) as text from listed
      union all select id, 300, true, spaced_text(regexp_replace(sku, '(?<=\D)(?=\d)|(?<=\d)(?=\D)', ' ', 'g')) from listed
      union all select id, 500, false, spaced_text(category) from listed where category is not null
      union all select id, 1000, false, spaced_text(description) from listed
    ), tokens as materialized (
      select id, skipped + number as place, is_name, left(token, 64) as token
      from texts cross join unnest(string_to_array(text, ' ')) with ordinality as split (token, number)
      -- n.b. a number in a sku is found as a part of it: a million of them would be a million words
      where token <> '' and (skipped <> 300 or token !~ '\d{3}')
    ), parts as (
      select id, place, is_name, token, search_stem(token) as stem from tokens
      union all select id, place, is_name, character, null
        from tokens cross join unnest(array[left(token, 1), right(token, 1)]) as character
        where char_length(token) = 2 and is_pair(token)
      -- n.b. a Korean word has others inside, each of which begins with the first letter of a syllable
      union all select id, place, is_name, substr(token, step), null
        from tokens cross join generate_series(2, char_length(token)) as step
        where token ~ '[\u1100-\u1112]' and substr(token, step, 1) ~ '[\u1100-\u1112]'
    ), lexemes as (
      select id, string_agg('''' || token || ''':' || place
        || case when stem <> token then ' ''~' || stem || ''':' || place else '' end
        || case when is_name then ' ''=' || token || '''' else '' end
        || case when is_name and stem <> token then ' ''=~' || stem || '''' else '' end, ' ') as words
      from parts group by id
    )
    select id, concat_ws(' ', words,
      '''@=' || left(plain_sku, 200) || '''',
      '''==' || left(plain_name, 200) || '''',
      ''':' || replace(replace(left(category, 200), '\', '\\'), '''', '''''') || '''',
      (select string_agg('''@' || substr(plain_sku, step, 4) || ''':' || 700 + step, ' ')
       from generate_series(1, least(greatest(char_length(plain_sku) - 2, 1), 200)) as step))::tsvector
    from listed left join lexemes using (id)
  $$;

  -- The blocks that a place is in: "#" of 2,048 places, of 4 times as many, and so on, 6 sizes in all.
  create function search_blocks(place bigint) returns tsvector language sql immutable parallel safe as $$
    select array_to_tsvector(array(
      select '#' || level || ':' || (place >> (11 + 2 * level)) from generate_series(0, 5) as level))
  $$;`

const vocabulary = String.raw`
  -- A word's first 7 characters, and what is left of them without any one: two words with a typing error between them share one.
  create function typo_forms(word text) returns text[]
    language sql immutable strict parallel safe as $$
      select array[left(word, 7)]
        || array(select left(left(word, 7), step - 1) || substr(left(word, 7), step + 1)
                 from generate_series(1, least(char_length(word), 7)) as step)
    $$;

  create index search_words_by_typo on search_words using gin (typo_forms(word)) with (fastupdate = off)
    where word ~ '^[^@~\d]{3,}$';

  -- Counts the words of products. A count is drawn: the commoner a word is, the fewer products write its row. Nobody waits
  -- for another here: a row that is locked is passed over, and a word may stand in two rows if two products bring it at once.
  create function remember_search_words(vectors tsvector[]) returns void language sql as $$
    with used as materialized (
      select word collate "C" as word, count(*) as products
      from unnest(vectors) as words, unnest(tsvector_to_array(words)) as word
      where word !~ '^([#=:]|~=|@=)'
      group by 1
    ), drawn as (
      select known.ctid as row, products
      from used join search_words as known using (word)
      where random() * uses < 16 * products
      for update of known skip locked
    ), counted as (
      update search_words set uses = uses + greatest(products, uses / 16)
      from drawn where search_words.ctid = drawn.row
    )
    insert into search_words (word, uses)
    select word, products from used where not exists (select from search_words as known where known.word = used.word)
  $$;`

const upkeep = `
  -- Adds those of the products that the search does not have yet, and returns their words.
  create function make_searchable(ids uuid[]) returns tsvector[] language sql as $$
    with added as materialized (
      select id, created_at, price_minor from products
      where id = any (ids) and archived_at is null
        and not exists (select from searchable_products where product_id = products.id)
    ), placed as (
      select *, nextval('searchable_products_place') as place
      from (select * from added order by created_at, id) as sorted
    ), made as (
      insert into searchable_products (product_id, place, created_at, price_minor, words)
      select placed.id, place, created_at, price_minor, words || search_blocks(place)
      from placed join searchable_words(array(select id from added)) as found on found.id = placed.id
      on conflict do nothing
      returning words
    )
    select array_agg(words) from made
  $$;

  create function on_products_added() returns trigger language plpgsql as $$
    declare ids uuid[];
    begin
      for ids in
        select array_agg(id) from (
          select id, row_number() over (order by created_at, id) / 1000 as batch from added
        ) as numbered
        group by batch order by batch
      loop
        perform remember_search_words(make_searchable(ids));
      end loop;
      insert into sold_out_products (product_id, created_at, price_minor, name)
      select id, created_at, price_minor, name from added where available = 0 and archived_at is null;
      return null;
    end $$;
  create trigger products_added after insert on products referencing new table as added
    for each statement execute function on_products_added();

  create function on_product_changed() returns trigger language plpgsql as $$
    declare changed tsvector;
    begin
      if new.archived_at is not null then
        delete from searchable_products where product_id = new.id;
        return null;
      end if;
      -- n.b. first, because the migration that fills the table may be about to add the product as it was
      perform remember_search_words(make_searchable(array[new.id]));
      update searchable_products set
        created_at = new.created_at,
        price_minor = new.price_minor
      where product_id = new.id and (created_at, price_minor) is distinct from (new.created_at, new.price_minor);
      if (new.name, new.sku, new.category, new.description) is distinct from
         (old.name, old.sku, old.category, old.description) then
        update searchable_products
        set words = found.words || search_blocks(place)
        from searchable_words(array[new.id]) as found
        where product_id = new.id
        returning searchable_products.words into changed;
        perform remember_search_words(array[changed]);
      end if;
      return null;
    end $$;
  create trigger product_changed
    after update of name, sku, category, description, price_minor, created_at, archived_at on products
    for each row execute function on_product_changed();

  create function on_product_deleted() returns trigger language plpgsql as $$
    begin
      delete from searchable_products where product_id = old.id;
      delete from sold_out_products where product_id = old.id;
      return null;
    end $$;
  create trigger product_deleted after delete on products for each row execute function on_product_deleted();

  create function on_product_sold_out() returns trigger language plpgsql as $$
    begin
      if new.available > 0 or new.archived_at is not null then
        delete from sold_out_products where product_id = new.id;
      else
        insert into sold_out_products as sold_out (product_id, created_at, price_minor, name)
        values (new.id, new.created_at, new.price_minor, new.name)
        on conflict (product_id) do update
          set created_at = new.created_at, price_minor = new.price_minor, name = new.name
          where (sold_out.created_at, sold_out.price_minor, sold_out.name)
            is distinct from (new.created_at, new.price_minor, new.name);
      end if;
      return null;
    end $$;
  create trigger product_sold_out
    after update of on_hand, reserved, name, price_minor, created_at, archived_at on products
    for each row when (old.available = 0 or new.available = 0) execute function on_product_sold_out();`

/** n.b. not a function: PostgreSQL would call it for each row, because it asks another table */
const isListed = `
          (least_price is null or price_minor >= least_price)
          and (most_price is null or price_minor <= most_price)
          and (is_in_stock is null or is_in_stock = ((
            select true from sold_out_products where sold_out_products.product_id = searchable_products.product_id) is null))`

/**
 * n.b. These functions hold the plan, whatever the statistics say: a search reads its index and never all products. What is
 * compared with `is null` first is looked at in the rows: for a common word, the index would read a page for each row.
 */
const reading = `
  -- The matches with places below a place, the last places first.
  create function newest_matches(
    query tsquery, before bigint, least_price bigint, most_price bigint, is_in_stock boolean, how_many integer
  ) returns table (product_id uuid, place bigint)
    language plpgsql stable rows 20
    set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
    #variable_conflict use_column
    begin
      return query
        select product_id, place from searchable_products
        where words @@ query and place < before
          and ${isListed}
        order by place desc limit how_many;
    end $$;

  -- The matches of tiers below a sort key, which is the highest base of their tiers and their place; "index_query" matches
  -- all of these products and not many more.
  create function ranked_matches(
    index_query tsquery, tiers tsquery[], bases bigint[], before bigint, category_query tsquery,
    least_price bigint, most_price bigint, is_in_stock boolean, how_many integer
  ) returns table (product_id uuid, sort_key bigint)
    language plpgsql stable rows 20
    set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
    #variable_conflict use_column
    begin
      return query
        select product_id, sort_key
        from (
          select product_id, place + (
            select max(tier.base) from unnest(tiers, bases) as tier (query, base) where words @@ tier.query) as sort_key
          from searchable_products
          where words @@ index_query
            and (category_query is null or words @@ category_query)
            and ${isListed}
        ) as ranked
        where sort_key < before
        order by sort_key desc limit how_many;
    end $$;

  -- All matches of a query; "index_query" matches all of these products and not many more.
  create function all_matches(
    index_query tsquery, query tsquery, category_query tsquery,
    least_price bigint, most_price bigint, is_in_stock boolean
  ) returns table (product_id uuid, created_at timestamptz, price_minor bigint)
    language plpgsql stable rows 1000
    set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
    #variable_conflict use_column
    begin
      return query
        select product_id, created_at, price_minor from searchable_products
        where words @@ index_query
          and (query is null or words @@ query)
          and (category_query is null or words @@ category_query)
          and ${isListed};
    end $$;`
