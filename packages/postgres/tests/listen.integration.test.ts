import { Client } from 'pg'
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { DatabaseUnavailable } from '../connection.ts'
import { listen } from '../listen.ts'
import { createTestDatabase } from './test-database.ts'

let url = ''
beforeAll(async () => {
  const database = await createTestDatabase()
  url = database.url
  return database.drop
})

async function startListening() {
  const payloads: string[] = []
  const onReconnect = vi.fn()
  const listener = await listen({
    url,
    channel: 'Outbox "wake"',
    onNotification: payload => payloads.push(payload),
    onReconnect,
  })
  onTestFinished(listener.stop)
  const client = new Client(url)
  await client.connect()
  onTestFinished(() => client.end())
  const notify = (payload: string) => client.query('select pg_notify($1, $2)', ['Outbox "wake"', payload])
  const endListeners = () =>
    client.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and application_name like 'listen %'`,
    )
  return { payloads, onReconnect, listener, client, notify, endListeners }
}

it('counts a gap as a notification unless told otherwise', async () => {
  const onNotification = vi.fn()
  const listener = await listen({ url, channel: 'gaps', onNotification })
  onTestFinished(listener.stop)
  const { endListeners } = await startListening()
  await endListeners()
  await vi.waitFor(() => expect(onNotification.mock.calls).toEqual([['']]))
})

it('hears the notifications of its channel in order', async () => {
  const { payloads, notify, onReconnect } = await startListening()
  await notify('1')
  await notify('')
  await notify('3')
  await vi.waitFor(() => expect(payloads).toEqual(['1', '', '3']))
  expect(onReconnect).not.toHaveBeenCalled()
})

it('reconnects when the server drops it, says so, and hears again, each time anew', async () => {
  const { payloads, notify, onReconnect, endListeners } = await startListening()
  for (const round of [1, 2]) {
    expect((await endListeners()).rowCount).toBe(1)
    await vi.waitFor(() => expect(onReconnect).toHaveBeenCalledTimes(round), { timeout: 60_000 })
    await notify(`after ${round}`)
    await vi.waitFor(() => expect(payloads.at(-1)).toBe(`after ${round}`))
  }
})

it('leaves no connection when stopped', async () => {
  const { listener, client } = await startListening()
  await listener.stop()
  const count = `select count(*)::int from pg_stat_activity
                 where datname = current_database() and application_name like 'listen %'`
  await vi.waitFor(async () => expect((await client.query(count)).rows).toEqual([{ count: 0 }]))
})

it('refuses to start on a database that can not be used', async () => {
  const missing = new URL(url)
  missing.pathname = '/missing'
  const options = { channel: 'outbox', onNotification: () => {}, onReconnect: () => {} }
  await expect(listen({ ...options, url: missing.href })).rejects.toThrow(DatabaseUnavailable)
})
