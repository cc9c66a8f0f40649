import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { createClientAddress } from './client-address.ts'

const request = (remoteAddress: string | undefined, forwardedFor?: string): IncomingMessage => {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress })
  const message = new IncomingMessage(socket)
  if (forwardedFor !== undefined) message.headers['x-forwarded-for'] = forwardedFor
  return message
}

it('is that of the connection, whatever a client writes, if no proxy is trusted', () => {
  const addressOf = createClientAddress(0)
  expect(addressOf(request('203.0.113.9', '198.51.100.1'))).toBe('203.0.113.9')
  expect(addressOf(request('::ffff:203.0.113.9'))).toBe('203.0.113.9')
  expect(addressOf(request('2001:db8::1'))).toBe('2001:db8::1')
  expect(addressOf(request(undefined))).toBeUndefined()
})

it.each([
  [1, '203.0.113.9', '203.0.113.9'],
  [1, '1.2.3.4, 203.0.113.9', '203.0.113.9'],
  [2, '1.2.3.4, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
  [1, '203.0.113.9:4711', '203.0.113.9'],
  [1, '[2001:db8::1]:4711', '2001:db8::1'],
  [1, '2001:db8::1', '2001:db8::1'],
])('is, behind %i trusted proxies, the one that the outermost saw: %s', (proxies, forwardedFor, address) => {
  expect(createClientAddress(proxies)(request('10.0.0.1', forwardedFor))).toBe(address)
})

it.each([
  undefined,
  '',
  'unknown',
  'ada',
  '1.2.3.4, ',
])('is that of the connection where the proxy names none: %s', forwardedFor => {
  expect(createClientAddress(1)(request('10.0.0.1', forwardedFor))).toBe('10.0.0.1')
})
