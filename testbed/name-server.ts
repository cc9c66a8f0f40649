import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Running } from '@supergraph/runtime/lifecycle.ts'

/** How names are answered: after so many milliseconds, never, or with the server's own failure. */
export type Answering = number | 'never' | 'failure'

/** A DNS server of a test's own, which knows every name as 127.0.0.1. */
export type NameServer = Running & {
  /** Lets a process ask this server for names and no other; root may start it so. */
  readonly launcher: readonly string[]
  readonly answer: (answering: Answering) => void
  /** How many questions have come. */
  readonly questions: () => number
}

const port = 53
const typeA = 1
const headLength = 12

/** Starts a server on an address of loopback of its own; throws if this process may not take the port of DNS. */
export const startNameServer = async (): Promise<NameServer> => {
  const address = `127.53.${1 + (process.pid % 254)}.${1 + (Math.floor(process.pid / 254) % 254)}`
  const socket = createSocket('udp4')
  let answering: Answering = 0
  let questions = 0
  socket.on('message', (question, { port: back, address: asker }) => {
    questions += 1
    if (answering === 'never') return
    const answer = answering === 'failure' ? failureOf(question) : answerTo(question)
    setTimeout(() => socket.send(answer, back, asker, () => {}), answering === 'failure' ? 0 : answering)
  })
  socket.bind(port, address)
  await once(socket, 'listening').catch((cause: unknown) => {
    throw new Error('only root may start a name server, at the port of DNS', { cause })
  })
  const directory = await mkdtemp(join(tmpdir(), 'supergraph-names-'))
  const file = join(directory, 'resolv.conf')
  await writeFile(file, `nameserver ${address}\noptions timeout:5 attempts:2\n`)
  return {
    // n.b. in a mount namespace of its own, so that the machine keeps its configuration
    launcher: [
      ...['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"'],
      file,
    ],
    answer: how => {
      answering = how
    },
    questions: () => questions,
    stop: async () => {
      socket.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The question's part of a message: a name in labels, a type and a class. */
const questionIn = (message: Buffer): { readonly bytes: Buffer; readonly type: number } => {
  let end = headLength
  for (let length = message[end] ?? 0; length > 0; length = message[end] ?? 0) end += 1 + length
  return { bytes: message.subarray(headLength, end + 5), type: message.readUInt16BE(end + 1) }
}

const headOf = (message: Buffer, { code, answers }: { readonly code: number; readonly answers: number }) => {
  const head = Buffer.alloc(headLength)
  message.copy(head, 0, 0, 2)
  head.writeUInt16BE(0x8180 | code, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(answers, 6)
  return head
}

const failureOf = (message: Buffer): Buffer =>
  Buffer.concat([headOf(message, { code: 2, answers: 0 }), questionIn(message).bytes])

const answerTo = (message: Buffer): Buffer => {
  const { bytes, type } = questionIn(message)
  if (type !== typeA) return Buffer.concat([headOf(message, { code: 0, answers: 0 }), bytes])
  // n.b. the name of the question, type A, class IN, no time to live, and four bytes of address
  const record = Buffer.from([0xc0, headLength, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1])
  return Buffer.concat([headOf(message, { code: 0, answers: 1 }), bytes, record])
}
