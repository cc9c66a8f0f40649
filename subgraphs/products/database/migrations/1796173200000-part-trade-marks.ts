import type { QueryRunner } from 'typeorm'
import { searchTextOf } from './1795782000000-search-as-people-type.ts'

/** Takes ™ and ℠ for blanks in a search: Unicode takes them for the letters TM and SM, which the word before them does not have. */
export class PartTradeMarks1796173200000 {
  readonly name = 'PartTradeMarks1796173200000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create or replace function search_text(words text) returns text
        language sql immutable strict parallel safe
        as $$ ${searchTextOf(`translate(words, '™℠', '  ')`)} $$;
      update products set name = name
        where name || sku || coalesce(category, '') || description ~ '[™℠]'`)
  }
}
