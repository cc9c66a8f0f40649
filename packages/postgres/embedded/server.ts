import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { EmbeddedPostgresError, logTail, useOwnServer } from './error.ts'
import { findPostmaster, type Postmaster, waitForExit } from './postmaster.ts'
import type { Programs } from './programs.ts'

/** A running server; `stop` is PostgreSQL's fast shutdown and resolves when its process is gone. */
export type Server = { readonly port: number; readonly stop: () => Promise<void> }

/** How a server runs: `directory` is the real path of a data directory; without a port, a free one is taken. */
type ServerOptions = {
  readonly directory: string
  readonly port: number | undefined
  readonly address?: string | undefined
  readonly durable: boolean
}

const attempts = 40
const attemptPauseMs = 250
const logLength = 10_000

/** Starts a server that listens on 127.0.0.1, and on `address` if one is given, and waits until it accepts connections; throws `EmbeddedPostgresError`. */
export async function startServer(programs: Programs, options: ServerOptions): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    const child = programs.spawn('postgres', flagsFor(options, port), {
      stdio: ['ignore', 'ignore', 'pipe'],
      // n.b. in a process group of its own: a terminal's Ctrl-C would else end the database before its users
      detached: true,
    })
    const exited = new Promise<void>(done => child.once('close', () => done()))
    const log = await logUntilSettled(child)
    // n.b. SIGINT is the fast shutdown; on Windows it ends the server at once, which recovers at the next start
    const stop = async () => {
      child.kill('SIGINT')
      await exited
    }
    if (readyMessage.test(log)) return { port, stop }
    if (attempt === attempts || !isPassing(log, options)) throw failure(log, options)
    await pause(attemptPauseMs)
  }
}

/** A server that a killed process has left running, to be stopped by this process. */
export const adoptServer = ({ pid, port }: Postmaster, directory: string, password: string): Server => ({
  port,
  stop: async () => {
    // n.b. asked again, because the pid may belong to another program by now
    const found = await findPostmaster(directory, password)
    if (found?.pid !== pid) return
    process.kill(pid, 'SIGINT')
    await waitForExit(pid)
  },
})

const flagsFor = ({ directory, address, durable }: ServerOptions, port: number): readonly string[] => [
  ...['-D', directory, '-p', String(port)],
  ...[
    `listen_addresses=${['127.0.0.1', ...(address === undefined ? [] : [address])]}`,
    'unix_socket_directories=',
    'max_connections=200',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ].flatMap(setting => ['-c', setting]),
]

/** n.b. a standby takes only what reads. */
const readyMessage = /ready to accept (read-only )?connections/

function logUntilSettled(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let log = ''
  child.once('error', error => resolve(`${log}${error.message}`))
  child.once('close', () => resolve(log))
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-logLength)
    if (readyMessage.test(log)) resolve(log)
  })
  return promise
}

const isPortTaken = (log: string) => /could not bind|could not create any TCP/.test(log)

/** n.b. after a server was killed, its sessions live a moment longer and hold its shared memory. */
const isPassing = (log: string, { port }: ServerOptions) =>
  log.includes('pre-existing shared memory block') || (port === undefined && isPortTaken(log))

function failure(log: string, { directory, port }: ServerOptions): EmbeddedPostgresError {
  const cause = logTail(log)
  if (isPortTaken(log))
    return new EmbeddedPostgresError(
      `Port ${port} on 127.0.0.1 is taken: stop what listens there, or give the embedded PostgreSQL another port.`,
      { cause },
    )
  if (/lock file ".*" already exists/.test(log))
    return new EmbeddedPostgresError(
      `Another PostgreSQL server has just started on ${directory}: stop it, or choose another directory.`,
      { cause },
    )
  return new EmbeddedPostgresError(
    `PostgreSQL did not start on ${directory} (${lastLine(log)}): see the cause, or ${useOwnServer}.`,
    { cause },
  )
}

const lastLine = (log: string) =>
  log
    .trimEnd()
    .split('\n')
    .findLast(line => line.includes('FATAL')) ?? log.trimEnd().split('\n').at(-1)

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    server.close(() => resolve(port))
  })
  return promise
}
