import { expect, it } from 'vitest'
import { help, readSettings } from './settings.ts'

it('explains every setting that has a value', () => {
  for (const setting of Object.keys(readSettings({}))) expect(help).toContain(setting)
})

it('refuses a direct URL of a database without the URL of its pooler', () => {
  const direct = { ORDERS_DATABASE_DIRECT_URL: 'postgres://orders@127.0.0.1/orders' }
  expect(() => readSettings(direct)).toThrow(/ORDERS_DATABASE_DIRECT_URL .* into ORDERS_DATABASE_URL/)
  expect(() =>
    readSettings({ ...direct, ORDERS_DATABASE_URL: 'postgres://orders@127.0.0.1:6432/orders' }),
  ).not.toThrow()
})

it('refuses what a subgraph could not use before anything is started', () => {
  expect(() => readSettings({ RESERVATION_TTL_SECONDS: '0' })).toThrow('RESERVATION_TTL_SECONDS')
})
