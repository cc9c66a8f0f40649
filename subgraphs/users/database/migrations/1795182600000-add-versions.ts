import type { QueryRunner } from 'typeorm'

/** Counts the changes of each account, and tells everyone the name and e-mail address of those that are there already. */
export class AddVersions1795182600000 {
  readonly name = 'AddVersions1795182600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table users add column version integer not null default 1 check (version > 0);
      alter table users alter column version drop default;
      update users set version = 2;
      insert into outbox (message_id, aggregate_id, envelope)
        select message_id, id, jsonb_build_object(
          'specversion', '1.0', 'id', message_id, 'source', 'users', 'type', 'user.updated', 'subject', id,
          'time', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'datacontenttype', 'application/json', 'version', version,
          'data', jsonb_build_object('userId', id, 'name', name, 'email', email))
        from (select gen_random_uuid() as message_id, users.* from users order by id) as account;`)
  }
}
