import { expect, it } from 'vitest'
import { asUnavailable, isAway, isUnavailable } from './connection.ts'

const unsupported = Object.assign(new Error('cached plan must not change result type'), { code: '0A000' })
const inRecovery = Object.assign(new Error('cannot access temporary or unlogged relations during recovery'), {
  code: '0A000',
})

it.each([
  ['connection refused', { code: 'ECONNREFUSED' }],
  ['role not permitted to log in', { code: '28000' }],
  ['too many connections', { code: '53300' }],
  ['no room on the disk', { code: '53100' }],
  ['lock timeout', { code: '55P03' }],
  ['statement timeout', { code: '57014' }],
  ['terminated', { code: '57P01' }],
  ['crash of another session', { code: '57P02' }],
  ['shutting down', { code: '57P03' }],
  ['read-only standby', { code: '25006' }],
  ['a table that a standby has not', inRecovery],
  ['pool exhausted', new Error('timeout exceeded when trying to connect')],
  ['connection lost', new Error('Connection terminated unexpectedly')],
  ['connection lost before', new Error('Client has encountered a connection error and is not queryable')],
  ['transaction lost', new Error('Query runner already released. Cannot run queries anymore.')],
])('lays it to the database: %s', (_, error) => {
  expect(isUnavailable(error)).toBe(true)
})

it.each([
  ['unique violation', { code: '23505' }],
  ['syntax error', { code: '42601' }],
  ['deadlock', { code: '40P01' }],
  ['an error of the code', new Error('Connection to the past')],
  ['another thing that PostgreSQL does not support', unsupported],
  ['no error', undefined],
])('does not lay it to the database: %s', (_, error) => {
  expect(isUnavailable(error)).toBe(false)
})

it.each([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'],
  ...['08006', '08P01', '25006', '53100', '53300', '55P03', '57014', '57P01', '57P03'],
])('takes the database for away at the code %s', code => {
  expect(isAway(Object.assign(new Error('it failed'), { code }))).toBe(true)
})

it.each([
  'timeout exceeded when trying to connect',
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Query runner already released. Cannot run queries anymore.',
  'Query read timeout',
])('takes the database for away at an error without a code: %s', message => {
  expect(isAway(new Error(message))).toBe(true)
})

it('takes a standby for away that can not give what is asked for, and no other database without it', () => {
  expect(isAway(inRecovery)).toBe(true)
  expect(isAway(unsupported)).toBe(false)
})

it.each([
  ...['42501', '28P01', '28000', '3D000', '23505', '40P01', '55006'],
  ...['ENOENT', 'EACCES', 'EINVAL', 'ENOSPC', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'],
])('does not take the database for away at the code %s', code => {
  expect(isAway(Object.assign(new Error('Connection terminated'), { code }))).toBe(false)
})

it.each([
  new Error('The server does not support SSL connections'),
  new Error('Connection to the past'),
  undefined,
])('does not take the database for away at another error: %s', error => {
  expect(isAway(error)).toBe(false)
})

it.each([
  [new Error('The server does not support SSL connections'), /takes no TLS, .*PGSSLMODE.*sslmode=disable/],
  [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, /certificate .*SELF_SIGNED_CERT_IN_CHAIN.*sslrootcert/],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, /certificate .*sslrootcert/],
  [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, /certificate .*sslrootcert/],
  [{ code: 'CERT_HAS_EXPIRED' }, /certificate .*correct the certificate/],
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, /certificate .*correct the certificate/],
])('says what to do if the database and its URL differ about TLS', (error, advice) => {
  const { message } = asUnavailable('users', 'postgres://users:secret@db.example.com/users', error) ?? {}
  expect(message).toMatch(/^The database of users at db\.example\.com:5432\/users /)
  expect(message).toMatch(advice)
  expect(message).not.toContain('secret')
})
