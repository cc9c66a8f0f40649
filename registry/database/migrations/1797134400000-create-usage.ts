import type { QueryRunner } from 'typeorm'

/** Creates the operations that clients were seen to run, and how often each client ran them on each day (UTC). */
export class CreateUsage1797134400000 {
  readonly name = 'CreateUsage1797134400000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table seen_operations (
        graph text not null references graphs,
        hash text not null,
        name text not null,
        signature text not null,
        last_day date not null,
        primary key (graph, hash)
      );
      create index seen_operations_by_last_day on seen_operations (last_day);

      create table operation_uses (
        graph text not null,
        variant text not null,
        day date not null,
        operation text not null,
        client_name text not null,
        client_version text not null,
        requests bigint not null,
        primary key (graph, variant, day, operation, client_name, client_version),
        foreign key (graph, variant) references variants (graph, name)
      );
      create index operation_uses_by_day on operation_uses (day);`)
  }
}
