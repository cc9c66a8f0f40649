import { type ServiceName, serviceNames } from '../../services.ts'

/** A way to share the services of a shop among processes. */
export type Grouping = {
  readonly title: string
  /** What `npm start` is told in each process; nothing for one process with all. */
  readonly processes: readonly (readonly string[])[]
}

/** What nobody has to wait for, with the mailbox, which notifications write to. */
const apart: readonly ServiceName[] = ['notifications', 'mailbox', 'analytics']
// n.b. what looks on is left out everywhere
const withoutPages = serviceNames.filter(name => name !== 'console' && name !== 'registry')

const split = (names: readonly ServiceName[]) => [
  ['--except', names.join(',')],
  ['--only', names.join(',')],
]

/** What is measured; all others are compared with the first. */
export const groupings: readonly Grouping[] = [
  { title: 'one process', processes: [[]] },
  { title: `${apart.join(', ')} apart`, processes: split(apart) },
  { title: 'the gateway apart', processes: split(['gateway']) },
  { title: 'a process per service', processes: withoutPages.map(name => ['--only', name]) },
]
