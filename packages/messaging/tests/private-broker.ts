import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Connection } from 'rabbitmq-client'

/** A RabbitMQ of one test's own, which may be treated badly. */
export type PrivateBroker = {
  readonly url: string
  /** Ends it as kill -9 does; what it has confirmed it still has after `restart`, if its queues were kept. */
  readonly kill: () => Promise<void>
  /** Resolves when the quorum queues that are declared now outlive `kill`. */
  readonly keepQueues: () => Promise<void>
  /** Starts it again on its data, after ending it in order if it runs, and waits until it takes connections. */
  readonly restart: () => Promise<void>
  /** Makes it refuse what publishers send, as it does when its memory runs out, until told otherwise. */
  readonly block: (isBlocked: boolean) => Promise<void>
  /** Ends it and deletes its data. */
  readonly stop: () => Promise<void>
}

const programs = ['/usr/lib/rabbitmq/bin', '/opt/rabbitmq/sbin'].find(folder =>
  existsSync(join(folder, 'rabbitmq-server')),
)
const readyWithinMs = 60_000
// n.b. RabbitMQ 3.10 lost queues that were declared half a second before kill -9, and none declared a second before.
const keptAfterMs = 2_000

/** Whether this machine has RabbitMQ installed. */
export const canStartPrivateBroker = programs !== undefined

/** What a private broker may be told: lines of its configuration, and the name and the password that it then takes. */
export type PrivateBrokerOptions = { readonly configuration?: string; readonly credentials?: string }

/** Starts a RabbitMQ with ports and data of its own, at an address of this machine; undefined if it is not installed. */
export const startPrivateBroker = async (
  address = '127.0.0.1',
  { configuration = '', credentials = 'guest:guest' }: PrivateBrokerOptions = {},
): Promise<PrivateBroker | undefined> => {
  if (programs === undefined) return undefined
  const folder = programs
  const home = await mkdtemp(join(tmpdir(), 'supergraph-test-rabbitmq-'))
  const [port, distributionPort, epmdPort] = [await freePort(), await freePort(), await freePort()]
  await writeFile(join(home, 'plugins'), '[].')
  // n.b. the machine's own configuration file would win over the variables below
  // n.b. and it lets guests in from loopback alone
  await writeFile(
    join(home, 'rabbitmq.conf'),
    `listeners.tcp.1 = ${address}:${port}\nloopback_users = none\n${configuration}`,
  )
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    RABBITMQ_NODENAME: `test-${port}@localhost`,
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq.conf'),
    RABBITMQ_NODE_IP_ADDRESS: address,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_MNESIA_BASE: join(home, 'data'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'plugins'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
  }
  const run = promisify(execFile)
  const url = `amqp://${credentials}@${address}:${port}`
  // n.b. if the broker started the port mapper, it would become a daemon that nobody ends
  const portMapper = spawn('epmd', { env, stdio: 'ignore' }).on('error', () => undefined)
  let server: ChildProcess | undefined

  const start = async () => {
    // n.b. RabbitMQ 3.10 sets three files aside for each queue: with 1,024 in all, it answers nobody once three shops run
    const script = 'ulimit -Sn 65536 2>/dev/null || ulimit -Sn "$(ulimit -Hn)"; exec "$0"'
    server = spawn('sh', ['-c', script, join(folder, 'rabbitmq-server')], {
      env,
      stdio: 'ignore',
      detached: true,
    })
    await untilReady(url, server)
  }
  const end = async (signal: NodeJS.Signals) => {
    if (server === undefined) return
    const ending = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined
    signalGroup(server, signal)
    await ending
    server = undefined
  }
  const restart = async () => {
    await end('SIGTERM')
    await start()
  }
  const kill = () => end('SIGKILL')
  const killAtExit = () => {
    if (server !== undefined) signalGroup(server, 'SIGKILL')
    portMapper.kill('SIGKILL')
  }
  process.on('exit', killAtExit)
  const stop = async () => {
    await kill()
    process.off('exit', killAtExit)
    portMapper.kill('SIGKILL')
    await rm(home, { recursive: true, force: true })
  }

  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    kill,
    keepQueues: () => pause(keptAfterMs),
    restart,
    block: async isBlocked => {
      await run(join(folder, 'rabbitmqctl'), ['set_vm_memory_high_watermark', isBlocked ? '0' : '0.6'], {
        env,
      })
    },
    stop,
  }
}

// n.b. the program that was started is a shell: the broker is its child, in the same group
const signalGroup = ({ pid }: ChildProcess, signal: NodeJS.Signals): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // it is gone already
  }
}

const untilReady = async (url: string, server: ChildProcess): Promise<void> => {
  const connection = new Connection({ url, retryLow: 100, retryHigh: 300, connectionTimeout: 2_000 })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(
    () => reject(new Error(`RabbitMQ is not ready within ${readyWithinMs / 1_000} s.`)),
    readyWithinMs,
  )
  server.once('exit', code => reject(new Error(`RabbitMQ ended with ${code} while it started.`)))
  server.once('error', reject)
  connection.on('connection', () => resolve())
  connection.on('error', () => undefined)
  try {
    await promise
    await connection.close()
  } finally {
    clearTimeout(timer)
    connection.unsafeDestroy()
  }
}

// n.b. the port lies below those that systems hand out to connections: a connection could take such a port while the broker is away
const freePort = async (): Promise<number> => {
  for (;;) {
    const port = 10_000 + randomInt(9_000)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.close()
    if (isFree) return port
  }
}
