import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { clearPath, type HubSettings, type PacketCounts, type Path, type PathChange } from './conditions.ts'

/** One direction between two addresses, with the packets that are on their way there. */
type Lane = { path: Path; readonly waiting: { readonly packet: Buffer; readonly dueAtMs: number }[] }

const { devices }: HubSettings = workerData
const lanes = new Map<string, Lane>()
const senders = new Map<string, (packet: Buffer) => void>()
let forwarded = 0
let lost = 0

const laneOf = (from: string, to: string): Lane => {
  const key = `${from} ${to}`
  const lane = lanes.get(key) ?? { path: clearPath, waiting: [] }
  lanes.set(key, lane)
  return lane
}

const deliver = (to: string, packet: Buffer): void => {
  forwarded += 1
  senders.get(to)?.(packet)
}

/** n.b. packets of a lane never overtake each other: what jitter delays, those behind wait for. */
const deliverDue = (to: string, { waiting }: Lane): void => {
  const nowMs = performance.now()
  let [first] = waiting
  for (; first !== undefined && first.dueAtMs <= nowMs; [first] = waiting) {
    waiting.shift()
    deliver(to, first.packet)
  }
  if (first !== undefined) setTimeout(deliverDue, first.dueAtMs - nowMs, to, { waiting })
}

const take = (packet: Buffer): void => {
  const version = (packet[0] ?? 0) >> 4
  if (version !== 4) return
  const to = packet.subarray(16, 20).join('.')
  const lane = laneOf(packet.subarray(12, 16).join('.'), to)
  const { delayMs, jitterMs, loss, isCut } = lane.path
  if (isCut || Math.random() < loss) {
    lost += 1
    return
  }
  if (delayMs + jitterMs === 0 && lane.waiting.length === 0) {
    deliver(to, packet)
    return
  }
  const takesMs = delayMs + (2 * Math.random() - 1) * jitterMs
  lane.waiting.push({ packet, dueAtMs: performance.now() + takesMs })
  if (lane.waiting.length === 1) setTimeout(deliverDue, takesMs, to, lane)
}

for (const { port, hubPort, addresses } of devices) {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
  socket.on('message', take)
  // n.b. the device is not there yet, or no longer
  socket.on('error', () => {})
  socket.bind(hubPort, '127.0.0.1')
  await once(socket, 'listening')
  for (const address of addresses)
    senders.set(address, packet => socket.send(packet, port, '127.0.0.1', () => {}))
}

parentPort?.on('message', (change: PathChange | 'count') => {
  if (change === 'count') return parentPort?.postMessage({ forwarded, lost } satisfies PacketCounts)
  laneOf(change.from, change.to).path = change.path
})
parentPort?.postMessage('ready')
