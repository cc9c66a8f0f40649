import type { QueryRunner } from 'typeorm'

/** Counts the changes of what a product is called and costs, apart from those of its stock. */
export class AddCatalogueVersion1795777800000 {
  readonly name = 'AddCatalogueVersion1795777800000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table products add catalogue_version integer not null default 1 check (catalogue_version >= 1);',
    )
  }
}
