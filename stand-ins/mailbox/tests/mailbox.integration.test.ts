import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { sendRaw } from '../../../testbed/raw-http.ts'
import { readEnvironment } from '../environment.ts'
import { openMessages } from '../messages.ts'
import { startMailbox } from '../server.ts'

const open = async (variables: Readonly<Record<string, string>> = {}) => {
  const settings = { LOG_LEVEL: 'silent', MAILBOX_PORT: '0', MAILBOX_SMTP_PORT: '0', ...variables }
  const { url, smtpUrl, stop } = await startMailbox(readEnvironment(settings))
  onTestFinished(stop)
  const transport = createTransport(smtpUrl)
  return {
    url,
    smtpUrl,
    stop,
    send: (message: object) =>
      transport.sendMail({ from: 'shop@example.com', to: 'ada@example.com', ...message }),
    read: async (path: string) => (await fetch(new URL(path, url))).text(),
    messages: async (query = '') => {
      const response = await fetch(new URL(`/messages${query}`, url))
      return list.parse(await response.json())
    },
  }
}

const list = z.array(
  z.object({
    id: z.string(),
    to: z.array(z.string()),
    subject: z.string(),
    text: z.string(),
    html: z.string().nullable(),
    messageId: z.string().nullable(),
    receivedAt: z.iso.datetime(),
  }),
)

const folder = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'mailbox-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

it('shows what was sent to it, newest first, and only the messages to one address if asked', async () => {
  const { send, messages } = await open()
  await send({ subject: 'First', text: 'Hello Ada', html: '<p>Hello Ada</p>', messageId: '<1@example.com>' })
  await send({ to: 'Grace <GRACE@example.com>', subject: 'Zweite – ✓', text: 'Hello' })
  expect(await messages()).toMatchObject([
    { to: ['grace@example.com'], subject: 'Zweite – ✓', html: null },
    { to: ['ada@example.com'], subject: 'First', html: '<p>Hello Ada</p>\n', messageId: '<1@example.com>' },
  ])
  expect(await messages('?to=Grace@Example.com')).toMatchObject([{ subject: 'Zweite – ✓' }])
  expect(await messages('?to=nobody@example.com')).toEqual([])
})

it('shows the HTML of a message where it can neither run nor fetch anything', async () => {
  const { send, messages, read, url } = await open()
  await send({
    subject: '<script>alert(1)</script>',
    html: '<script>alert(2)</script><img src="https://elsewhere.example/a.png">"',
  })
  const [{ id = '' } = {}] = await messages()
  for (const path of ['/', `/messages/${id}`]) expect(await read(path)).not.toMatch(/<script|<img/)
  const page = await read(`/messages/${id}`)
  expect(page).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox"')
  const { headers } = await fetch(new URL(`/messages/${id}`, url))
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await read(`/messages/${id}/raw`)).toContain('Subject: <script>')
})

it('keeps its messages over a restart', async () => {
  const MAILBOX_DIR = await folder()
  const { send, messages, stop } = await open({ MAILBOX_DIR })
  for (const subject of ['First', 'Second']) await send({ subject, text: 'Kept' })
  const before = await messages()
  await stop()
  const again = await open({ MAILBOX_DIR })
  expect(await again.messages()).toEqual(before)
  await again.send({ subject: 'Third' })
  expect((await again.messages()).map(({ subject }) => subject)).toEqual(['Third', 'Second', 'First'])
})

it('keeps the newest 500 messages, both in a folder and in memory', async () => {
  const directory = await folder()
  const messages = await openMessages(directory)
  const subjects = Array.from({ length: 505 }, (_, index) => `Number ${index + 1}`)
  for (const subject of subjects) await messages.add(Buffer.from(`Subject: ${subject}\r\n\r\n`))
  const newest = subjects.slice(5).toReversed()
  expect(messages.all().map(({ subject }) => subject)).toEqual(newest)
  expect(await readdir(directory)).toHaveLength(500)
  expect((await openMessages(directory)).all().map(({ subject }) => subject)).toEqual(newest)
})

it('takes a message without a well-formed header, and shows it', async () => {
  const { send, messages } = await open()
  const envelope = { from: 'a@example.com', to: 'b@example.com' }
  await send({ envelope, raw: '\r\nno header at all' })
  expect(await messages()).toMatchObject([{ to: [], text: expect.stringContaining('no header at all') }])
})

it('refuses a message that is too large, and takes the next', async () => {
  const { send, messages } = await open()
  await expect(send({ subject: 'Large', text: 'x'.repeat(3_000_000) })).rejects.toThrow()
  await send({ subject: 'Small', text: 'x' })
  expect(await messages()).toMatchObject([{ subject: 'Small' }])
})

it('says which port is taken and which setting moves it', async () => {
  const { url, smtpUrl } = await open()
  await expect(open({ MAILBOX_PORT: new URL(url).port })).rejects.toThrow('or set MAILBOX_PORT to another')
  await expect(open({ MAILBOX_SMTP_PORT: new URL(smtpUrl).port })).rejects.toThrow(
    'or set MAILBOX_SMTP_PORT to another',
  )
})

it('answers what it does not have with 404, and takes no other method than GET', async () => {
  const { url } = await open()
  for (const path of ['/messages/1', '/messages/../x', '/favicon.ico']) {
    expect((await fetch(new URL(path, url))).status).toBe(404)
  }
  expect((await fetch(url, { method: 'POST' })).status).toBe(405)
})

it('answers whatever stands where the URL stands, and no name but those of loopback and those that it is told', async () => {
  const { url } = await open({ ALLOWED_HOSTS: 'mail.test' })
  const cases = [
    ['GET', '/', 'localhost', 200],
    ['GET', '//', 'localhost', 200],
    ['HEAD', '/messages/', 'localhost', 200],
    ['GET', '/%', 'localhost', 404],
    ['GET', '//[', 'localhost', 404],
    ['GET', '//:80', 'localhost', 404],
    ['GET', '/messages/%', 'localhost', 404],
    ['GET', '/?to=%', 'localhost', 200],
    ['GET', `/${'x'.repeat(17_000)}`, 'localhost', 431],
    ['PUT', '/', 'localhost', 405],
    ['GET', '/messages', '127.0.0.1:4006', 200],
    ['GET', '/messages', 'mail.test:4006', 200],
    ['GET', '/messages', 'evil.example', 421],
    ['GET', 'http://evil.example/messages', 'localhost', 421],
  ] as const
  for (const [method, target, host, status] of cases) {
    const answer = await sendRaw(Number(new URL(url).port), [
      `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    ])
    expect([target, host, answer.status]).toEqual([target, host, status])
  }
})
