import type { QueryRunner } from 'typeorm'

/** Creates the documents of events, of commits that are checked and of those that are published. */
export class CreateEventDocuments1797120000000 {
  readonly name = 'CreateEventDocuments1797120000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table event_documents (
        graph text not null,
        variant text not null,
        commit text not null,
        documents text not null,
        pushed_at timestamptz not null default now(),
        published_at timestamptz,
        primary key (graph, variant, commit),
        foreign key (graph, variant) references variants (graph, name)
      );
      create index event_documents_published on event_documents (graph, variant, published_at)
        where published_at is not null;
      create index event_documents_of_graph on event_documents (graph, pushed_at);`)
  }
}
