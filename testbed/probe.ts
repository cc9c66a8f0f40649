import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Usage } from './usage.ts'

const delayResolutionMs = 20
const delay = monitorEventLoopDelay({ resolution: delayResolutionMs })
delay.enable()

const measure = (question: unknown): Usage => {
  const loopDelayMs = delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e6 - delayResolutionMs)
  if (question === 'collect') {
    globalThis.gc?.()
    delay.reset()
  }
  const { user, system } = process.threadCpuUsage()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return {
    mainThreadMs: (user + system) / 1_000,
    heapBytes: heapUsed + arrayBuffers,
    residentBytes: rss,
    openFiles: readdirSync('/dev/fd').length,
    loopDelayMs,
  }
}

// n.b. The questions come from the process that started this one and opened a channel for them.
process.on('message', question => {
  process.send?.(measure(question))
})
// n.b. A program that has finished must not wait for questions.
process.channel?.unref()
