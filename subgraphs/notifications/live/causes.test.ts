import { expect, it, onTestFinished, vi } from 'vitest'
import { createWakeUps } from './wake-ups.ts'

const traceparent = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`
const [one, other] = [traceparent('1'), traceparent('2')]

const start = () => {
  const { hear, on, off, causes } = createWakeUps()
  const wake = vi.fn()
  const subscriber = { wake }
  on(['order:a'], subscriber)
  return { hear, causes, wake, stop: () => off(['order:a'], subscriber) }
}

it('tells once what has brought the news of a topic, and of each row what has brought it', () => {
  const { hear, causes, wake } = start()
  hear(`cause order:a 1 ${one}`)
  hear(`cause order:a 2 ${other}`)
  expect(wake).not.toHaveBeenCalled()
  hear('order:a')
  expect(wake).toHaveBeenCalledOnce()
  expect(causes.take('order:a').map(({ traceparent }) => traceparent)).toEqual([one, other])
  expect(causes.take('order:a')).toEqual([])
  expect([1, 2].map(version => causes.of('order:a', version)?.traceparent)).toEqual([one, other])
})

it('takes a row that was read before it was announced for the topic’s last news, for a minute', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { hear, causes } = start()
  hear(`cause order:a 1 ${one}`)
  expect(causes.of('order:a', 2)?.traceparent).toBe(one)
  expect(causes.of('order:b', 1)).toBeUndefined()
  vi.advanceTimersByTime(60_000)
  expect(causes.of('order:a', 1)).toBeUndefined()
})

it('keeps nothing of topics that nobody waits for', () => {
  const { hear, causes, stop } = start()
  hear(`cause order:b 1 ${one}`)
  expect(causes.of('order:b', 1)).toBeUndefined()
  hear(`cause order:a 1 ${one}`)
  stop()
  expect(causes.take('order:a')).toEqual([])
})
