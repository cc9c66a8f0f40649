import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import PostalMime, { type Address } from 'postal-mime'

/** A message as the mailbox shows it. */
export type Message = {
  readonly id: string
  /** ISO 8601. */
  readonly receivedAt: string
  readonly from: string
  /** The addresses of To and Cc, canonical. */
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  /** Null if the message has no HTML. */
  readonly html: string | null
  readonly messageId: string | null
  /** The bytes as they were received. */
  readonly raw: Buffer
}

/** The newest messages; older ones are forgotten. */
export type Messages = {
  /** Newest first. */
  readonly all: () => readonly Message[]
  readonly find: (id: string) => Message | undefined
  /** Stores a message; if there is a folder, the message is written there first. */
  readonly add: (raw: Buffer) => Promise<void>
}

const kept = 500
const fileName = /^\d{13}-\d{9}\.eml$/

/** Opens the messages in a folder, which is made if it does not exist; without a folder they are kept in memory. */
export const openMessages = async (directory: string | undefined): Promise<Messages> => {
  const messages = new Map<string, Message>()
  let count = 0

  const file = (id: string) => join(directory ?? '', `${id}.eml`)
  const forgetOldest = async () => {
    for (const id of [...messages.keys()].slice(0, -kept)) {
      messages.delete(id)
      if (directory !== undefined) await rm(file(id), { force: true })
    }
  }
  if (directory !== undefined) {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const names = (await readdir(directory)).filter(name => fileName.test(name)).toSorted()
    for (const name of names.slice(-kept)) {
      const id = name.replace('.eml', '')
      messages.set(id, await readMessage(id, await readFile(join(directory, name))))
    }
    for (const name of names.slice(0, -kept)) await rm(join(directory, name), { force: true })
  }

  return {
    all: () => [...messages.values()].toReversed(),
    find: id => messages.get(id),
    add: async raw => {
      count += 1
      const id = `${Date.now()}-${String(count).padStart(9, '0')}`
      if (directory !== undefined) {
        // n.b. the file is written under another name first, so that a killed process leaves no half message
        await writeFile(`${file(id)}.part`, raw, { mode: 0o600 })
        await rename(`${file(id)}.part`, file(id))
      }
      messages.set(id, await readMessage(id, raw))
      await forgetOldest()
    },
  }
}

const readMessage = async (id: string, raw: Buffer): Promise<Message> => {
  const receivedAt = new Date(Number(id.split('-')[0])).toISOString()
  const base = { id, receivedAt, raw }
  try {
    const { from, to = [], cc = [], subject = '', text, html, messageId } = await PostalMime.parse(raw)
    return {
      ...base,
      from: from === undefined ? '' : nameOf(from),
      to: [...to, ...cc].flatMap(addressesOf),
      subject,
      text: text ?? '',
      html: html ?? null,
      messageId: messageId ?? null,
    }
  } catch {
    // n.b. an unreadable message is shown all the same: its developer wants to see that it is unreadable
    const text = raw.toString('utf8')
    return {
      ...base,
      from: '',
      to: [],
      subject: 'A message that can’t be read',
      text,
      html: null,
      messageId: null,
    }
  }
}

const nameOf = ({ name, address = '' }: Address): string => (name === '' ? address : `${name} <${address}>`)

const addressesOf = ({ address, group = [] }: Address): readonly string[] =>
  address === undefined
    ? group.flatMap(addressesOf)
    : [emailAddress.safeParse(address).data?.canonical ?? address.toLowerCase()]
