import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { Client } from 'pg'

/** Tells the CPU time in ms that the processes of a measurement have used so far. */
export type Meter = {
  /** Of this process's main thread. */
  readonly here: () => number
  /** Of the main thread of the child whose command line ends with these words. */
  readonly child: (ending: string) => number
  /** Of all other threads of this process and its children. */
  readonly helpers: () => number
  /** Of the database server with all of its sessions. */
  readonly database: () => number
  /** Of RabbitMQ on this machine. */
  readonly broker: () => number
}

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const tickMs = 10

/** Reads /proc. Throws an ExpectedError if there is none, or if the database server runs on another machine. */
export const openMeter = async (databaseUrl: string): Promise<Meter> => {
  if (!existsSync('/proc/self/stat'))
    throw new ExpectedError('the CPU time of processes is read from /proc, which only Linux has')
  const postmaster = await postmasterOf(databaseUrl)
  return {
    here: () => mainOf(process.pid),
    child: ending => {
      const found = childrenOf(process.pid).find(pid => commandOf(pid).endsWith(ending))
      if (found === undefined) throw new Error(`no child of this process runs ${ending}`)
      return mainOf(found)
    },
    helpers: () =>
      [process.pid, ...childrenOf(process.pid).filter(pid => pid !== postmaster)].reduce(
        (sum, pid) => sum + wholeOf(pid) - mainOf(pid),
        0,
      ),
    database: () => {
      const { own, ended } = msOf(`/proc/${postmaster}/stat`)
      return childrenOf(postmaster).reduce((sum, pid) => sum + wholeOf(pid), own + ended)
    },
    broker: () =>
      pids()
        .filter(pid => textOf(`/proc/${pid}/comm`).trim() === 'beam.smp')
        .reduce((sum, pid) => sum + wholeOf(pid), 0),
  }
}

const postmasterOf = async (url: string): Promise<number> => {
  const session = new Client({ connectionString: url })
  await session.connect()
  const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
  const parent = parentOf(rows[0]?.pid ?? 0)
  await session.end()
  if (parent === undefined) throw new ExpectedError('the database server must run on this machine')
  return parent
}

const pids = (): readonly number[] =>
  readdirSync('/proc').flatMap(name => (/^\d+$/.test(name) ? [Number(name)] : []))

const childrenOf = (parent: number): readonly number[] => pids().filter(pid => parentOf(pid) === parent)

/** The text of a file; none if its process has ended meanwhile. */
const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

// n.b. the name of a process may contain spaces and brackets: the fields are counted from the last bracket on
const fieldsOf = (file: string): readonly string[] => {
  const text = textOf(file)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

const parentOf = (pid: number): number | undefined => {
  const parent = fieldsOf(`/proc/${pid}/stat`)[1]
  return parent === undefined ? undefined : Number(parent)
}

const commandOf = (pid: number): string => textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()

/** The time of a process or thread itself, and of its children that have ended. */
const msOf = (file: string): { readonly own: number; readonly ended: number } => {
  const fields = fieldsOf(file)
  const ms = (first: number) => (Number(fields[first] ?? 0) + Number(fields[first + 1] ?? 0)) * tickMs
  return { own: ms(11), ended: ms(13) }
}

const wholeOf = (pid: number): number => msOf(`/proc/${pid}/stat`).own

const mainOf = (pid: number): number => msOf(`/proc/${pid}/task/${pid}/stat`).own
