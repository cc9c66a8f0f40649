import type { Usage } from './usage.ts'

const measure = (): Usage => {
  const { user, system } = process.threadCpuUsage()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return { mainThreadMs: (user + system) / 1_000, heapBytes: heapUsed + arrayBuffers, residentBytes: rss }
}

// n.b. The questions come from the process that started this one and opened a channel for them.
process.on('message', question => {
  if (question === 'collect') globalThis.gc?.()
  process.send?.(measure())
})
// n.b. A program that has finished must not wait for questions.
process.channel?.unref()
