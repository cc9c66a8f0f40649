import { expect, it } from 'vitest'
import { help, readSettings } from './settings.ts'

it('explains every setting that has a value', () => {
  for (const setting of Object.keys(readSettings({}))) expect(help).toContain(setting)
})

it('refuses what a subgraph could not use before anything is started', () => {
  expect(() => readSettings({ RESERVATION_TTL_SECONDS: '0' })).toThrow('RESERVATION_TTL_SECONDS')
})
