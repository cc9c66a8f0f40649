import type { QueryRunner } from 'typeorm'

/** Creates graphs, the keys to them, their variants with all versions, the operations of their clients, and checks. */
export class CreateGraphs1796947200000 {
  readonly name = 'CreateGraphs1796947200000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table graphs (
        name text primary key,
        created_at timestamptz not null default now()
      );

      create table keys (
        id int generated always as identity primary key,
        graph text not null references graphs,
        role text not null constraint keys_role check (role in ('check', 'publish', 'admin')),
        note text not null,
        hash bytea not null unique,
        created_at timestamptz not null default now(),
        revoked_at timestamptz
      );

      create table documents (
        hash text primary key,
        text text not null
      );

      create table variants (
        graph text not null references graphs,
        name text not null,
        latest_version int not null default 0,
        served_version int,
        primary key (graph, name)
      );

      create table versions (
        graph text not null,
        variant text not null,
        number int not null,
        created_at timestamptz not null default now(),
        change text not null,
        author text not null,
        message text not null,
        federation text not null,
        supergraph text references documents,
        api text references documents,
        errors jsonb not null,
        primary key (graph, variant, number),
        foreign key (graph, variant) references variants (graph, name),
        constraint versions_compose_or_tell check ((supergraph is null) = (api is null))
      );

      create table version_subgraphs (
        graph text not null,
        variant text not null,
        number int not null,
        name text not null,
        url text not null,
        sdl text not null references documents,
        updated_at timestamptz not null,
        primary key (graph, variant, number, name),
        foreign key (graph, variant, number) references versions (graph, variant, number)
      );

      create table operations (
        graph text not null references graphs,
        id text not null,
        name text not null,
        body text not null,
        recorded_at timestamptz not null default now(),
        primary key (graph, id)
      );

      create table checks (
        id uuid primary key,
        graph text not null references graphs,
        variant text not null,
        subgraph text not null,
        created_at timestamptz not null default now(),
        outcome jsonb not null
      );
      create index checks_of_graph on checks (graph, created_at);`)
  }
}
