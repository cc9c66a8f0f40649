import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Gives a process with all of its threads, and the processes that it has started, a priority of `os.constants.priority`. Throws
 * as `setPriority` of `node:os` does, for example if this user may not. n.b. On Linux that one changes a single thread, while
 * the threads that compile, collect garbage and read files go on as before.
 */
export const prioritise = (pid: number, priority: number): void => {
  for (const thread of threadsOf(pid)) setPriority(thread, priority)
  for (const child of childrenOf(pid)) prioritise(child, priority)
}

const threadsOf = (pid: number): readonly number[] => {
  const folder = `/proc/${pid}/task`
  return existsSync(folder) ? readdirSync(folder).map(Number) : [pid]
}

const childrenOf = (pid: number): readonly number[] => {
  const file = `/proc/${pid}/task/${pid}/children`
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : []
}
