import { appendFile, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureCluster } from '@supergraph/postgres/embedded/cluster.ts'
import { locatePrograms } from '@supergraph/postgres/embedded/programs.ts'
import { readPidFile, startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Client } from 'pg'

/** A durable PostgreSQL of its own, which can be backed up and lost. */
export type Cluster = Running & {
  readonly directory: string
  readonly port: number
  readonly ensureDatabase: (name: string, password: string) => Promise<string>
  /** The first column of the first row that the superuser gets. */
  readonly ask: <T>(sql: string) => Promise<T>
  /** Ends it at once, as a lost machine does. */
  readonly kill: () => Promise<void>
}

type Place = { readonly directory: string; readonly password: string }

/** Starts a cluster that copies its log to a folder, as soon as a segment of it is full or 10 s old. */
export const startArchivingCluster = async (
  place: Place & { readonly archive: string },
): Promise<Cluster> => {
  await ensureCluster(await locatePrograms(), { ...place, durable: true })
  await mkdir(place.archive, { recursive: true })
  await configure(place.directory, {
    archive_mode: 'on',
    archive_timeout: '10s',
    // n.b. a standby starts some time after its backup was made
    wal_keep_size: '128MB',
    archive_command: `test ! -f ${place.archive}/%f && cp %p ${place.archive}/%f`,
  })
  return open(place)
}

/** Copies a running cluster, as pg_basebackup does, which no package brings. */
export const backUp = async ({ directory, ask }: Cluster, session: Client, to: string): Promise<void> => {
  await ask('checkpoint')
  await session.query(`select pg_backup_start('drill', true)`)
  await copyFolder(directory, to)
  const { rows } = await session.query<{ label: string }>('select labelfile as label from pg_backup_stop()')
  await writeFile(join(to, 'backup_label'), rows[0]?.label ?? '')
  for (const folder of ['pg_wal', 'pg_wal/archive_status', 'pg_wal/summaries', 'pg_replslot'])
    await mkdir(join(to, folder), { recursive: true, mode: 0o700 })
}

/** Starts a backup as a standby that follows its primary. */
export const startStandby = async (place: Place, primary: Cluster): Promise<Cluster> => {
  await writeFile(join(place.directory, 'standby.signal'), '')
  await configure(place.directory, {
    archive_mode: 'off',
    primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres password=${place.password} sslmode=disable`,
  })
  return open(place)
}

/** Starts a backup with what happened since up to a moment, which is ISO 8601, from the archived log. */
export const startAsOf = async (
  place: Place & { readonly archive: string },
  moment: string,
): Promise<Cluster> => {
  await writeFile(join(place.directory, 'recovery.signal'), '')
  await configure(place.directory, {
    archive_mode: 'off',
    restore_command: `cp ${place.archive}/%f %p`,
    recovery_target_time: moment,
    recovery_target_action: 'promote',
  })
  return open(place)
}

const open = async ({ directory, password }: Place): Promise<Cluster> => {
  const server = await startEmbeddedPostgres({ directory, password })
  const ask = async <T>(sql: string): Promise<T> => {
    const session = new Client({ connectionString: server.superuserUrl })
    await session.connect()
    try {
      const { rows } = await session.query({ text: sql, rowMode: 'array' })
      return rows[0]?.[0]
    } finally {
      await session.end()
    }
  }
  return {
    ...{ directory, port: server.port, ask },
    ensureDatabase: server.ensureDatabase,
    kill: async () => {
      const running = await readPidFile(directory)
      // n.b. SIGQUIT is PostgreSQL's immediate shutdown: it writes nothing any more
      if (running !== undefined) process.kill(running.pid, 'SIGQUIT')
      await server.stop()
    },
    stop: server.stop,
  }
}

/** n.b. the last value of a setting counts. */
const configure = (directory: string, settings: Readonly<Record<string, string>>): Promise<void> =>
  appendFile(
    join(directory, 'postgresql.auto.conf'),
    Object.entries(settings)
      .map(([name, value]) => `${name} = '${value}'\n`)
      .join(''),
  )

const leftOut = ['pg_wal', 'pg_replslot', 'postmaster.pid', 'postmaster.opts', 'pgsql_tmp']

const copyFolder = async (from: string, to: string): Promise<void> => {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (leftOut.includes(entry.name)) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyFolder(source, target)
    // n.b. a file that is deleted meanwhile is not needed: the log since the beginning of the backup says so
    else await copyFile(source, target).catch((error: unknown) => ignoreGone(error))
  }
}

const ignoreGone = (error: unknown): void => {
  if (codeOf(error) !== 'ENOENT') throw error
}
