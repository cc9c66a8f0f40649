import { describe, expect, it } from 'vitest'
import { readRouterCall, readRouterConfig } from './router-call.ts'

describe('the arguments of a router', () => {
  const args = ['--supergraph', 's.graphql', '--hot-reload', '--config', 'c.yaml', '--log', 'INFO', '--dev']

  it.each([
    ['127.0.0.1:4100', { host: '127.0.0.1', port: 4100 }],
    ['[::1]:80', { host: '::1', port: 80 }],
  ])('are those of rover, with the address %s', (listen, address) => {
    expect(readRouterCall([...args, '--listen', listen])).toEqual({
      supergraphPath: 's.graphql',
      configPath: 'c.yaml',
      listen: address,
    })
  })

  it('are refused without an address, and with one that is none', () => {
    expect(() => readRouterCall(args)).toThrow('rover dev runs this program')
    expect(() => readRouterCall([...args, '--listen', 'a b'])).toThrow('a b is no address')
  })
})

describe('the configuration of a router', () => {
  it.each([
    '',
    'supergraph: { listen: 127.0.0.1:4100 }',
    'health_check: { enabled: false }',
  ])('asks for no health unless it says so: %s', text => {
    expect(readRouterConfig(text)).toEqual({ health: undefined, ignored: [] })
  })

  it('asks for health where routers have it, or elsewhere', () => {
    expect(readRouterConfig('health_check: { enabled: true }').health).toEqual({
      host: '127.0.0.1',
      port: 8088,
      path: '/health',
    })
    const elsewhere = 'health_check: { enabled: true, listen: 0.0.0.0:9000, path: /healthy }'
    expect(readRouterConfig(elsewhere).health).toEqual({ host: '0.0.0.0', port: 9000, path: '/healthy' })
  })

  it('names what the gateway does not heed', () => {
    const text = 'supergraph: { listen: 127.0.0.1:4100, path: /api }\ncors: { origins: [] }'
    expect(readRouterConfig(text).ignored).toEqual(['supergraph.path', 'cors'])
  })

  it('is refused if it can not be read, and the place is named', () => {
    expect(() => readRouterConfig('health_check: { listen: 8088 }')).toThrow(
      /not usable: .*health_check\.listen/s,
    )
  })
})
