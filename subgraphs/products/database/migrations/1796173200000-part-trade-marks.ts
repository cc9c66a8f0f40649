import type { QueryRunner } from 'typeorm'
import { searchTextOf } from './1795782000000-search-as-people-type.ts'

/** Lets a search find a word that has a trade mark behind it: ™ and ℠ were letters of the word, since Unicode takes them for TM and SM. */
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
