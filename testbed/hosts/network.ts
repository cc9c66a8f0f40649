import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { isAlive } from '@supergraph/postgres/embedded/postmaster.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { freePorts } from '../ports.ts'
import { waitUntil } from '../waiting.ts'
import { clearPath, type HubSettings, type PacketCounts, type Path, type PathChange } from './conditions.ts'

/** Hosts, of which each has an address that the others reach; some are in the network namespace of this process. */
export type HostNetwork<Name extends string> = Running & {
  readonly addressOf: (name: Name) => string
  /** What a command must begin with to run on a host. */
  readonly commandOn: (host: Name) => readonly string[]
  /** Sets the path between two, in both directions. */
  readonly setPath: (one: Name, other: Name, path: Path) => void
  /** Lets packets pass everywhere, at once. */
  readonly clear: () => void
  readonly packets: () => Promise<PacketCounts>
}

const run = promisify(execFile)
const ip = async (...args: readonly string[]): Promise<string> => (await run('ip', args)).stdout
const prefix = 'supergraph-'

/** What this machine lacks for a network of hosts, in one line, and whether it can be installed. */
export type Missing = { readonly what: string; readonly isInstallable: boolean }

/** What this machine lacks for a network of hosts; undefined if it has everything. */
export const findMissing = async (): Promise<Missing | undefined> => {
  if (process.platform !== 'linux') return forGood('hosts are network namespaces of Linux, which this is not')
  if (process.getuid?.() !== 0) return forGood('hosts are network namespaces, which only root may make')
  for (const [program, args, name] of [
    ['ip', ['-V'], 'iproute2'],
    ['socat', ['-V'], 'socat'],
  ] as const) {
    const isThere = await run(program, args).then(
      () => true,
      () => false,
    )
    if (!isThere) return { what: `${name} is not installed: apt-get install ${name}`, isInstallable: true }
  }
  const probe = `${prefix}${process.pid}-probe`
  try {
    await ip('netns', 'add', probe)
    await ip('-n', probe, 'tuntap', 'add', 'probe', 'mode', 'tun')
    return undefined
  } catch {
    return forGood(
      'network namespaces or tun devices are not allowed here, as in a container without NET_ADMIN and /dev/net/tun',
    )
  } finally {
    await ip('netns', 'del', probe).catch(() => {})
  }
}

const forGood = (what: string): Missing => ({ what, isInstallable: false })

/**
 * Starts hosts that are network namespaces, and hosts that are only addresses here, in the namespace of this process. Every packet
 * between two of them goes through a hub, which delays it or lets it get lost, but for those between two that are here.
 */
export const startNetwork = <Name extends string>({
  hosts,
  here,
}: {
  readonly hosts: readonly Name[]
  readonly here: readonly Name[]
}): Promise<HostNetwork<Name> & Running> =>
  startAll(async use => {
    await removeLeftOvers()
    const subnet = await freeSubnet()
    const names = [...here, ...hosts]
    const addressOf = (name: Name): string => `${subnet}.${names.indexOf(name) + 1}`
    const ports = await freePorts(2 * (hosts.length + 1))
    const devices = [here, ...hosts.map(host => [host])].map((owners, index) => ({
      name: `sg${process.pid}-${index}`,
      port: ports[2 * index] ?? 0,
      hubPort: ports[2 * index + 1] ?? 0,
      addresses: owners.map(addressOf),
      namespace: index === 0 ? undefined : `${prefix}${process.pid}-${owners.join()}`,
    }))
    const hub = use(await startHub({ devices }))
    for (const device of devices) use(await startDevice(device))
    const setPath = (one: Name, other: Name, path: Path): void => {
      hub.change({ from: addressOf(one), to: addressOf(other), path })
      hub.change({ from: addressOf(other), to: addressOf(one), path })
    }
    return {
      addressOf,
      commandOn: host => ['ip', 'netns', 'exec', `${prefix}${process.pid}-${host}`],
      setPath,
      clear: () => {
        for (const one of names) for (const other of names) setPath(one, other, clearPath)
      },
      packets: hub.count,
    }
  })

const startHub = async (workerData: HubSettings) => {
  const thread = new Worker(new URL('hub-thread.ts', import.meta.url), { workerData })
  await once(thread, 'message')
  return {
    change: (change: PathChange) => thread.postMessage(change),
    count: async (): Promise<PacketCounts> => {
      thread.postMessage('count')
      const [counts]: PacketCounts[] = await once(thread, 'message')
      return counts ?? { forwarded: 0, lost: 0 }
    },
    stop: async () => void (await thread.terminate()),
  }
}

type Device = HubSettings['devices'][number] & {
  readonly name: string
  readonly namespace: string | undefined
}

/** Makes a device whose packets socat carries to the hub and back, and gives it its addresses. */
const startDevice = ({ name, port, hubPort, addresses, namespace }: Device): Promise<Running> =>
  startAll(async use => {
    const within = namespace === undefined ? [] : ['-n', namespace]
    if (namespace !== undefined) {
      await ip('netns', 'add', namespace)
      use({ stop: async () => void (await ip('netns', 'del', namespace)) })
      await ip(...within, 'link', 'set', 'lo', 'up')
    }
    const carrier = spawn(
      'socat',
      [
        ...['-b', '65536', `UDP4:127.0.0.1:${hubPort},bind=127.0.0.1:${port}`],
        `TUN,tun-name=${name},tun-type=tun,iff-no-pi`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    use({ stop: () => end(carrier) })
    await waitUntil(`the device ${name} is there`, async () => (await ip('link', 'show', name)) !== '', {
      timeoutMs: 5_000,
    })
    if (namespace !== undefined) await ip('link', 'set', name, 'netns', namespace)
    for (const address of addresses) await ip(...within, 'addr', 'add', `${address}/24`, 'dev', name)
    await ip(...within, 'link', 'set', name, 'up')
    return {}
  })

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

/** n.b. 198.18.0.0/15 is set aside for tests of networks: no host on the internet has such an address (RFC 2544). */
const freeSubnet = async (): Promise<string> => {
  const taken = await ip('-4', '-o', 'addr')
  for (;;) {
    const subnet = `198.18.${randomInt(256)}`
    if (!taken.includes(` ${subnet}.`)) return subnet
  }
}

/** Removes the hosts of runs that were killed: without its device, what has carried its packets ends. */
const removeLeftOvers = async (): Promise<void> => {
  for (const [, name = '', pid] of (await ip('netns')).matchAll(/^(supergraph-(\d+)-\S+)/gm))
    if (!isAlive(Number(pid))) await ip('netns', 'del', name).catch(() => {})
  for (const [, name = '', pid] of (await ip('-o', 'link')).matchAll(/^\d+: (sg(\d+)-0):/gm))
    if (!isAlive(Number(pid))) await ip('link', 'del', name).catch(() => {})
}
