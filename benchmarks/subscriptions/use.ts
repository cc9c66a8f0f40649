/** The memory and the CPU time that this process uses, in bytes and microseconds, after its garbage is collected. */
export const readUse = () => {
  globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  return { bytes: process.memoryUsage.rss(), cpuMicroseconds: user + system }
}
