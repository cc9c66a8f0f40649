import type { Value } from '../copy.ts'
import { dayMs, type History, idOf } from '../history.ts'
import { deleted, eventId, inboxOf, iso, numbers, outboxOf, type Table, throttled } from './table.ts'

export const usersTables = (history: History): readonly Table[] => {
  const { customers, customerId, beganMs, endMs } = history
  const each = (rowOf: (customer: number) => readonly Value[]) => numbers(customers).map(rowOf)
  const sessionId = (customer: number) => idOf('session', customer, endMs - dayMs)
  return [
    {
      table: 'users',
      columns: ['id', 'email', 'name', 'role', 'created_at', 'version'],
      rows: each(customer => [
        customerId(customer),
        `customer-${customer}@example.com`,
        `Customer ${customer}`,
        'CUSTOMER',
        iso(beganMs),
        1,
      ]),
    },
    {
      table: 'credentials',
      columns: ['user_id', 'password_hash'],
      rows: each(customer => [customerId(customer), '$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA']),
    },
    {
      table: 'addresses',
      columns: ['id', 'user_id', 'name', 'line1', 'city', 'postal_code', 'country'],
      rows: each(customer => [
        idOf('email', customer, beganMs),
        customerId(customer),
        'Ada',
        '1 Road',
        'London',
        'N1',
        'GB',
      ]),
    },
    {
      table: 'sessions',
      columns: ['id', 'user_id', 'created_at', 'last_used_at'],
      rows: each(customer => [sessionId(customer), customerId(customer), iso(endMs - dayMs), iso(endMs)]),
    },
    {
      table: 'refresh_tokens',
      columns: ['hash', 'session_id', 'issued_at', 'expires_at'],
      rows: each(customer => [
        String(customer).padStart(43, '0'),
        sessionId(customer),
        iso(endMs - dayMs),
        iso(endMs + 20 * dayMs),
      ]),
    },
    {
      table: 'familiar_networks',
      columns: ['key', 'last_used_at'],
      rows: each(customer => [String(customer).padStart(43, '0'), iso(endMs - dayMs)]),
    },
    {
      table: 'one_time_tokens',
      columns: ['hash', 'user_id', 'purpose', 'expires_at'],
      rows: each(customer => [
        String(customer).padStart(43, '0'),
        customerId(customer),
        'password-reset',
        iso(endMs + dayMs),
      ]),
    },
    {
      table: 'email_change_undos',
      columns: ['hash', 'user_id', 'email', 'expires_at'],
      rows: each(customer => [
        String(customer).padStart(43, '0'),
        customerId(customer),
        `earlier-${customer}@customers.example`,
        iso(endMs + dayMs),
      ]),
    },
    {
      table: 'totp_secrets',
      columns: ['user_id', 'sealed_secret'],
      rows: each(customer => [customerId(customer), 'v1.AAAA']),
    },
    {
      table: 'recovery_codes',
      columns: ['user_id', 'hash'],
      rows: each(customer => [customerId(customer), String(customer).padStart(43, '0')]),
    },
    {
      table: 'login_challenges',
      columns: ['hash', 'user_id', 'expires_at'],
      rows: each(customer => [String(customer).padStart(43, '0'), customerId(customer), iso(endMs + dayMs)]),
    },
    {
      table: 'account_deletions',
      columns: [
        ...['user_id', 'requested_at', 'due_at', 'carried_out_at'],
        ...['orders_forgot_at', 'notifications_forgot_at'],
      ],
      rows: deleted(history).map(({ id, at }) => [id, at, at, at, at, at]),
    },
    inboxOf('users.on-staff-acted', history),
    throttled(history),
    outboxOf('users', history, order => [
      { id: eventId(order, 1), type: 'session.ended', subject: customerId(order.customer), version: 1 },
    ]),
  ]
}
