import { expect, it } from 'vitest'
import { checkDeletion, type Deletion } from '../deletions.ts'

const done: Deletion = {
  id: 'the user',
  confirmedBy: ['orders', 'notifications'],
  leftIn: [],
  waitingIn: [],
}
const kindsOf = (change: Partial<Deletion>) => checkDeletion({ ...done, ...change }).map(({ kind }) => kind)

it.each([
  ['nothing of whom is left', {}, []],
  ['of whom something is left', { leftIn: ['orders'] }, ['deletion-undone']],
  ['whom one service has not forgotten', { confirmedBy: ['orders'] }, ['deletion-unconfirmed']],
  ['who has an order under way', { confirmedBy: ['notifications'], waitingIn: ['orders'] }, []],
  ['whose last e-mail is to be sent', { confirmedBy: ['orders'], waitingIn: ['notifications'] }, []],
  [
    'who has an order under way, and nobody else has done it',
    { confirmedBy: [], waitingIn: ['orders'] },
    ['deletion-unconfirmed'],
  ],
] as const)('finds what is wrong with a deleted person %s', (_, change, kinds) => {
  expect(kindsOf(change)).toEqual(kinds)
})
