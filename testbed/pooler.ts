import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { freePorts } from './ports.ts'
import { readRows } from './rows.ts'
import { waitUntil } from './waiting.ts'

const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin']
const program = folders.map(folder => join(folder, 'pgbouncer')).find(existsSync)
const isRequired = process.env.CI === 'true'
const nobody = 65_534

/** Whether tests of what is behind a pooler run: if PgBouncer is installed, and with CI=true in any case. */
export const testsPooler = program !== undefined || isRequired
if (!testsPooler) console.warn('Skipped: PgBouncer is not installed, so nothing is tested behind a pooler.')

/** Starts a PgBouncer before a database, by default in transaction mode; the URL is that of the database, by way of it. */
export const startPooler = async (
  databaseUrl: string,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<Running & { readonly url: string }> => {
  if (program === undefined)
    throw new Error('PgBouncer is not installed: install pgbouncer; in CI its tests must run.')
  const [port = 0] = await freePorts(1)
  const server = new URL(databaseUrl)
  const directory = await mkdtemp(join(tmpdir(), 'supergraph-pooler-'))
  const users = join(directory, 'users.txt')
  const configuration = join(directory, 'pgbouncer.ini')
  const lines = Object.entries({
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    pool_mode: 'transaction',
    ...settings,
  }).map(([name, value]) => `${name} = ${value}`)
  await writeFile(users, `"${server.username}" "${server.password}"\n`)
  await writeFile(
    configuration,
    ['[databases]', `* = host=${server.hostname} port=${server.port}`, '[pgbouncer]', ...lines, ''].join(
      '\n',
    ),
  )
  // n.b. PgBouncer refuses to run as root
  const isRoot = process.getuid?.() === 0
  if (isRoot) await chown(directory, nobody, nobody)
  const child = spawn(program, ['--quiet', configuration], {
    stdio: 'ignore',
    ...(isRoot && { uid: nobody, gid: nobody }),
  })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const exited = once(child, 'exit')
  const stop = async () => {
    process.off('exit', end)
    end()
    await exited
    await rm(directory, { recursive: true, force: true })
  }
  server.port = String(port)
  // n.b. PgBouncer refuses it
  server.searchParams.delete('options')
  try {
    await waitUntil(
      'PgBouncer takes connections',
      async () => (await readRows(server.href, 'select')).length > 0,
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { url: server.href, stop }
}
