import { expect, it } from 'vitest'
import { readTarget } from './request-target.ts'

const headers = { host: 'shop.test:4000' }

it.each([
  ['/', '/', ''],
  ['/graphql', '/graphql', ''],
  ['/graphql/', '/graphql', ''],
  ['//graphql', '/graphql', ''],
  ['///graphql//', '/graphql', ''],
  ['/graphql?query=a%20b', '/graphql', '?query=a%20b'],
  ['/graphql/?query=//?', '/graphql', '?query=//?'],
  ['/graphql?a=1#b', '/graphql', '?a=1'],
  ['/graphql#?a=1', '/graphql', ''],
  ['//', '/', ''],
  ['//?', '/', '?'],
  ['', '/', ''],
  ['*', '/*', ''],
  ['?query=1', '/', '?query=1'],
  ['/%', '/%', ''],
  ['/%00%', '/%00%', ''],
  ['/[', '/[', ''],
  ['//[', '/[', ''],
  ['/:80', '/:80', ''],
  ['//:80/', '/:80', ''],
  ['/\\evil', '/\\evil', ''],
  ['/../graphql', '/../graphql', ''],
  ['mailto:x', '/mailto:x', ''],
])('reads %j as the path %j with the query %j', (url, path, search) => {
  expect(readTarget({ url, headers })).toEqual({ path, search, host: 'shop.test:4000' })
})

it.each([
  ['http://other.test/graphql?a=1', '/graphql', '?a=1', 'other.test'],
  ['HTTP://Other.test:81', '/', '', 'Other.test:81'],
  ['https://[::1]:4000//graphql/', '/graphql', '', '[::1]:4000'],
  ['http://other.test?a=1', '/', '?a=1', 'other.test'],
  ['http:///graphql', '/graphql', '', ''],
])('reads %j with the host in it, which stands above the Host header', (url, path, search, host) => {
  expect(readTarget({ url, headers })).toEqual({ path, search, host })
})

it('reads 16 KiB of slashes at once', () => {
  const startedAt = performance.now()
  expect(readTarget({ url: '/'.repeat(16_384), headers }).path).toBe('/')
  expect(performance.now() - startedAt).toBeLessThan(50)
})
