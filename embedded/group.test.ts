import { expect, it } from 'vitest'
import { serviceNames } from '../services.ts'
import { readGroup } from './group.ts'

it.each([
  [[], serviceNames],
  [
    ['--only', 'orders,products'],
    ['products', 'orders'],
  ],
  [['--only=gateway'], ['gateway']],
  [['--only', 'users,users'], ['users']],
  [['--except', 'notifications'], serviceNames.filter(name => name !== 'notifications')],
  [['--except', ''], serviceNames],
])('reads %j', (args, group) => {
  expect(readGroup(args)).toEqual(group)
})

it.each([
  [['--only', 'order'], /no service order: name some of .*orders/],
  [['--only', ''], /no service is left/],
  [['--except', serviceNames.join(',')], /no service is left/],
  [['--only', 'users', '--except', 'users'], /give one of them/],
  [['--onyl', 'users'], /Unknown option '--onyl'.*--help/],
  [['users'], /Unexpected argument 'users'/],
])('refuses %j, and says why', (args, words) => {
  expect(() => readGroup(args)).toThrow(words)
})
