import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createAcknowledgements } from './acknowledgements.ts'

it('acknowledges with one frame what ends together, as far as nothing older is unanswered', async () => {
  const { sent, expectAll, acknowledgements } = createWatched()
  expectAll(1, 2, 3, 4, 5, 6)
  for (const tag of [2, 1, 3, 5, 6]) acknowledgements.ack(tag)
  await setImmediate()
  expect(sent).toEqual(['ack to 3', 'ack 5', 'ack 6'])
  acknowledgements.ack(4)
  await setImmediate()
  expect(sent.slice(3)).toEqual(['ack to 4'])
})

it('never acknowledges what it gives back, nor what is left without an answer', async () => {
  const { sent, expectAll, acknowledgements } = createWatched()
  expectAll(1, 2, 3)
  acknowledgements.requeue(1)
  acknowledgements.ack(3)
  await setImmediate()
  expect(sent).toEqual(['requeue 1', 'ack 3'])
})

it('says nothing on a channel that is lost', async () => {
  const { sent, channel, expectAll, acknowledgements } = createWatched()
  expectAll(1, 2)
  acknowledgements.ack(1)
  channel.active = false
  acknowledgements.requeue(2)
  await setImmediate()
  expect(sent).toEqual([])
})

const createWatched = () => {
  const sent: string[] = []
  const channel = {
    active: true,
    basicAck: ({ deliveryTag, multiple = false }: { deliveryTag?: number; multiple?: boolean }) =>
      void sent.push(`ack ${multiple ? 'to ' : ''}${deliveryTag}`),
    basicNack: ({ deliveryTag }: { deliveryTag?: number }) => void sent.push(`requeue ${deliveryTag}`),
  }
  const acknowledgements = createAcknowledgements(channel)
  const expectAll = (...tags: readonly number[]) => {
    for (const tag of tags) acknowledgements.expect(tag)
  }
  return { sent, channel, expectAll, acknowledgements }
}
