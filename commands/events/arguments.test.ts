import { expect, it } from 'vitest'
import { UsageError } from '../command-line.ts'
import { readArguments } from './arguments.ts'

const now = new Date('2026-03-01T12:00:00Z')
const read = (line: string) => readArguments(line.split(' ').filter(Boolean), now)

it('reads an action, its filters and its ids', () => {
  expect(read('dead --type order.placed --queue notifications.on-order-changed --since 2h')).toMatchObject({
    action: 'dead',
    filter: {
      type: 'order.placed',
      queue: 'notifications.on-order-changed',
      since: new Date('2026-03-01T10:00:00Z'),
    },
  })
  expect(read('replay a b a --dry-run --json')).toMatchObject({
    ids: ['a', 'b'],
    isDryRun: true,
    isJson: true,
    isWhole: false,
  })
  for (const line of ['show a --payload', 'tail --payload', 'dead --json --payload'])
    expect(read(line)).toMatchObject({ isWhole: true })
  expect(read('queues')).toMatchObject({ action: 'queues', change: undefined, ids: [] })
  expect(read('queues --renew --dry-run')).toMatchObject({ change: 'renew', ids: [], isDryRun: true })
  expect(read('queues --renew users.on-staff-acted')).toMatchObject({ ids: ['users.on-staff-acted'] })
  expect(read('queues --drop users.on-nothing --json')).toMatchObject({
    change: 'drop',
    ids: ['users.on-nothing'],
    isJson: true,
  })
  expect(read('tail --last 20 --since 2026-02-01T00:00:00Z')).toMatchObject({
    last: 20,
    filter: { since: new Date('2026-02-01T00:00:00Z') },
  })
})

it.each([
  ['', 'say what to do: tail, dead, show, replay, drop'],
  ['list', 'say what to do'],
  ['dead --all', "Unknown option '--all'"],
  ['dead abc', 'dead takes no abc'],
  ['replay', 'replay which?'],
  ['show a b', 'show takes one id'],
  ['tail --queue notifications.on-order-changed', 'tail takes no --queue'],
  ['dead --dry-run', 'dead takes no --dry-run'],
  ['drop a --payload', 'drop takes --payload only with --json'],
  ['dead --queue orders', 'there is no queue orders; there are users.on-'],
  ['queues users.on-staff-acted', 'queues takes no users.on-staff-acted without --renew or --drop'],
  ['queues --renew --drop a', 'queues takes either --renew or --drop'],
  ['queues --drop', 'drop which?'],
  ['queues --renew orders', 'there is no queue orders; there are users.on-'],
  ['queues --dry-run', 'queues takes --dry-run only with --renew or --drop'],
  ['dead --renew', 'dead takes no --renew'],
  ['dead --since yesterday', '--since takes 90s, 10m, 2h, 3d'],
  ['tail --last some', '--last takes a number'],
])('refuses %j and says why', (line, reason) => {
  expect(() => read(line)).toThrow(UsageError)
  expect(() => read(line)).toThrow(reason)
})
