import type { QueryRunner } from 'typeorm'

/** Lets a search find words without their accents, the beginnings of words, and the parts of a sku. */
export class SearchAsPeopleType1795782000000 {
  readonly name = 'SearchAsPeopleType1795782000000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. nothing here asks the database's own locale, so that every PostgreSQL finds the same words
    await runner.query(`
      create function search_text(words text) returns text
        language sql immutable strict parallel safe
        as $$ ${searchTextOf('words')} $$`)
    // n.b. this rewrites the table once; the release before this one can go on reading the column
    await runner.query(String.raw`
      alter table products drop column search, add column search tsvector not null generated always as (
        ${wordsOf('name', 'A')}
        || ${wordsOf('sku', 'A')}
        || setweight(to_tsvector('simple', replace(search_text(sku), ' ', '')), 'A')
        || setweight(to_tsvector('simple', regexp_replace(search_text(sku), '(?<=\D)(?=\d)|(?<=\d)(?=\D)', ' ', 'g')), 'A')
        || ${wordsOf(`coalesce(category, '')`, 'B')}
        || ${wordsOf('description', 'C')}
      ) stored;
      create index products_by_search on products using gin (search);`)
  }
}

/** Each word as it stands and as its stem. */
const wordsOf = (text: string, weight: 'A' | 'B' | 'C') =>
  `setweight(to_tsvector('english', search_text(${text})) || to_tsvector('simple', search_text(${text})), '${weight}')`

/** Accents, points and marks that a word means the same without, and characters that nobody sees. */
const marks = String.raw`\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u200c-\u200f\u2060\ufe00-\ufe0f\ufeff`

/** Blanks, punctuation and symbols of all scripts. */
const separators = String.raw`\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u02b9-\u02df\u037e\u0387\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u060c\u061b\u061f\u066a-\u066d\u06d4\u0964\u0965\u0e2f\u0e5a\u0e5b\u10fb\u1360-\u1368\u1680\u180e\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u303d\u30a0\u30fb\ufe10-\ufe1f\ufe30-\ufe6f\ufffc\ufffd\U0001f000-\U0001faff`

/** Letters that Unicode does not take apart, and the digits of other scripts. */
const [letters, plainLetters] = ['ςøđðħłŋıŧ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 'σoddhlnit01234567890123456789']

/** SQL of the words of a text, as they are compared. */
export const searchTextOf = (text: string): string => `
  select trim(regexp_replace(
    replace(replace(replace(replace(
      translate(
        lower(regexp_replace(normalize(${text}, NFKD), '[${marks}]', '', 'g') collate "und-x-icu"),
        '${letters}', '${plainLetters}'),
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
    '[${separators}]+', ' ', 'g'))`
