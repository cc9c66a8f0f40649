import { readRows } from './rows.ts'

/**
 * Lets the n-th statement that writes into a database fail, once it is armed: what the transaction has done is undone, as if its
 * process had been killed there.
 */
export const addCrashPoints = async (url: string) => {
  const tables = await readRows<{ name: string }>(
    url,
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename <> 'migrations'`,
  )
  // n.b. what a sequence has counted is not undone
  await readRows(
    url,
    `create table crash_at (step integer);
     create sequence crash_steps;
     create function crash_here() returns trigger language plpgsql as $$
     begin
       if nextval('crash_steps') = (select step from crash_at) then raise exception 'killed on purpose'; end if;
       return null;
     end $$;
     ${tables
       .map(
         ({ name }) =>
           `create trigger zz_crash after insert or update or delete on ${name}
              for each statement execute function crash_here();`,
       )
       .join('\n')}`,
  )
  return {
    /** The next statement that writes is the first. */
    arm: (step: number) =>
      readRows(
        url,
        `delete from crash_at; insert into crash_at values (${step}); select setval('crash_steps', 1, false)`,
      ),
    /** Whether it has failed. */
    hasCrashed: async (): Promise<boolean> =>
      (await readRows(url, 'select from crash_at, crash_steps where is_called and last_value >= step'))
        .length > 0,
  }
}
