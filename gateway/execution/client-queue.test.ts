import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createClientQueue } from './client-queue.ts'

it.each([
  ['IPv4', '10.0.0.1', '::ffff:10.0.0.1', '10.0.0.2'],
  ['IPv6', '2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:2::1'],
])('gives clients turns: one that asks once does not wait behind all that another one asks for, %s', async (...[
  ,
  greedyAddress,
  itsOther,
  modestAddress,
]) => {
  const queue = createClientQueue()
  const done: string[] = []
  const greedy = Array.from({ length: 50 }, (_, index) =>
    queue.run({ clientAddress: index % 2 ? itsOther : greedyAddress }, () => done.push(`greedy ${index}`)),
  )
  await queue.run({ clientAddress: modestAddress }, () => done.push('modest'))
  expect(done.indexOf('modest')).toBeLessThan(3)
  await Promise.all(greedy)
  expect(done.filter(name => name !== 'modest')).toEqual(greedy.map((_, index) => `greedy ${index}`))
})

it('lets everything else run after 1 ms of tasks, and counts what they leave to promises', async () => {
  let nowMs = 0
  const queue = createClientQueue(() => nowMs)
  const ran: string[] = []
  const work = async (): Promise<void> => {
    for (let part = 0; part < 10; part += 1) await undefined
    ran.push('task')
    nowMs += 0.5
  }
  const tasks = Promise.all(Array.from({ length: 20 }, () => queue.run({}, work)))
  const ended = tasks.then(() => 'ended')
  while ((await Promise.race([ended, setImmediate('else')])) === 'else') ran.push('else')
  expect(ran.join(' ')).not.toContain('task task task task')
  expect(ran.filter(name => name === 'task')).toHaveLength(20)
})

it('begins nothing for a client who has gone', async () => {
  const queue = createClientQueue()
  const gone = new AbortController()
  let begun = 0
  const tasks = Array.from({ length: 20 }, () =>
    queue.run({ gone: gone.signal }, () => {
      begun += 1
      if (begun === 3) gone.abort()
    }),
  )
  const outcomes = await Promise.allSettled(tasks)
  expect(outcomes.map(({ status }) => status)).toEqual([
    ...Array.from({ length: 3 }, () => 'fulfilled'),
    ...Array.from({ length: 17 }, () => 'rejected'),
  ])
  expect(begun).toBe(3)
})

it('passes on what a task throws, and goes on with the next', async () => {
  const queue = createClientQueue()
  const failing = queue.run({}, () => {
    throw new Error('no plan')
  })
  await expect(failing).rejects.toThrow('no plan')
  expect(await queue.run({}, () => 'a plan')).toBe('a plan')
})

it('refuses the thousand and first task that would wait for one client, and takes those of others', async () => {
  const queue = createClientQueue()
  // n.b. the first one does not wait
  const tasks = Array.from({ length: 1_002 }, () => queue.run({ clientAddress: '10.0.0.1' }, () => 'done'))
  const others = queue.run({ clientAddress: '10.0.0.2' }, () => 'done')
  const outcomes = await Promise.allSettled([...tasks, others])
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  expect(refused).toMatchObject([{ reason: { extensions: { code: 'TOO_MANY_OPERATIONS' } } }])
})
