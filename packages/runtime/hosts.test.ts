import { expect, it } from 'vitest'
import { z } from 'zod'
import { parseEnvironment } from './environment.ts'
import { createHostRule, hostVariables, isLoopback } from './hosts.ts'

it.each([
  ['localhost', true],
  ['LOCALHOST:4000', true],
  ['localhost.:4000', true],
  ['shop.localhost:5173', true],
  ['127.0.0.1', true],
  ['127.9.9.9:80', true],
  ['::1', true],
  ['[::1]:4000', true],
  ['localhost.example.com', false],
  ['notlocalhost', false],
  ['127.0.0.1.example.com', false],
  ['127.example.com', false],
  ['1270.0.0.1', false],
  ['0.0.0.0', false],
  ['192.168.1.5', false],
  ['[::2]', false],
  ['localhost@example.com', false],
  ['example.com:localhost', false],
  ['', false],
])('says of %j that it is loopback: %j', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})

it.each([
  ['localhost:4000', true],
  ['127.0.0.1:4000', true],
  ['[::1]:4000', true],
  ['192.168.1.5:4000', true],
  ['[fe80::1%25eth0]:4000', true],
  ['shop.test', true],
  ['SHOP.test.:4000', true],
  [undefined, true],
  ['www.shop.test', false],
  ['evil.example', false],
  ['evil.example:4000', false],
  ['localhost.evil.example', false],
  ['evil.example#localhost', false],
  ['2130706433', false],
  ['', false],
])('answers, on loopback, to the host %j: %j', (host, isAnswered) => {
  for (const listensOn of ['127.0.0.1', '::1', 'localhost']) {
    const refusal = createHostRule(listensOn, ['shop.test'])({ host })
    expect(refusal === undefined).toBe(isAnswered)
  }
})

it('answers to every name if it does not listen on loopback', () => {
  for (const listensOn of ['0.0.0.0', '::', '192.168.1.5'])
    expect(createHostRule(listensOn, [])({ host: 'evil.example' })).toBeUndefined()
})

it('says which name it does not answer to, and which setting adds it', () => {
  expect(createHostRule('127.0.0.1', [])({ host: 'shop.test:80' })).toBe(
    'This server does not answer to the name "shop.test": add it to ALLOWED_HOSTS.',
  )
})

it('reads names without ports', () => {
  const read = (ALLOWED_HOSTS: string) => parseEnvironment('shop', z.object(hostVariables), { ALLOWED_HOSTS })
  expect(read('')).toEqual({ ALLOWED_HOSTS: [] })
  expect(read('Shop.test, host_1')).toEqual({ ALLOWED_HOSTS: ['shop.test', 'host_1'] })
  for (const wrong of ['shop.test:80', 'https://shop.test', 'a,', '*', 'a b'])
    expect(() => read(wrong)).toThrow('ALLOWED_HOSTS is not usable: put host names without ports there')
})
