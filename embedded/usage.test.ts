import { expect, it } from 'vitest'
import { readSettings } from './settings.ts'
import { usageSettings } from './usage.ts'

const settingsFrom = (variables: Readonly<Record<string, string>>) =>
  usageSettings(readSettings(variables), variables)

it('lets the gateway report usage to the registry beside it', () => {
  expect(settingsFrom({ REGISTRY_PORT: '5008', DEMO_PASSWORD: 'a long secret' })).toEqual({
    USAGE_URL: 'http://127.0.0.1:5008/usage',
    SUPERGRAPH_REF: 'commerce@current',
    SUPERGRAPH_KEY: 'service:commerce:a long secret',
  })
})

it.each([
  ['there is no registry', { REGISTRY: 'false' }],
  ['the registry has no demo graph', { DEMO_DATA: 'false' }],
  ['the supergraph comes from another registry', { SUPERGRAPH_URL: 'http://registry.example/uplink' }],
  ['usage is reported elsewhere', { USAGE_URL: 'http://registry.example/usage' }],
])('does not if %s', (_title, variables) => {
  expect(settingsFrom(variables)).toEqual({})
})
