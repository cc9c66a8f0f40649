import { execFile } from 'node:child_process'
import { mkdtemp, open, readdir, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isAlive, waitForExit } from '@supergraph/postgres/embedded/postmaster.ts'
import { readPidFile } from '@supergraph/postgres/embedded.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'

/** A disk for a PostgreSQL of a test's own, which can be filled. */
export type SmallDisk = Running & {
  readonly postgresDirectory: string
  /** Leaves no room on it. */
  readonly fill: () => Promise<void>
  /** Makes room again. */
  readonly empty: () => Promise<void>
}

const run = promisify(execFile)
const prefix = 'supergraph-disk-'
const block = Buffer.alloc(1024 * 1024)
const page = block.subarray(0, 4_096)

/**
 * Mounts a file system of so many mebibytes in memory; throws if this process may not. First it removes the disks of runs that
 * were killed.
 */
export const mountSmallDisk = async (mebibytes: number): Promise<SmallDisk> => {
  await removeLeftOvers()
  const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  const ballast = join(path, 'ballast')
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path])
  } catch (cause) {
    await rmdir(path)
    throw new Error('only root may mount a disk that can be filled', { cause })
  }
  return {
    postgresDirectory: directoryOn(path),
    fill: async () => {
      const file = await open(ballast, 'a')
      try {
        for (const part of [block, page]) await writeUntilFull(file, part)
      } finally {
        await file.close()
      }
    },
    empty: () => rm(ballast, { force: true }),
    stop: () => unmount(path),
  }
}

const directoryOn = (path: string): string => join(path, 'postgres')

const unmount = async (path: string): Promise<void> => {
  // n.b. lazily: a file there that is still open must not keep it
  await run('umount', ['-l', path])
  await rmdir(path)
}

const writeUntilFull = async (file: Awaited<ReturnType<typeof open>>, part: Buffer): Promise<void> => {
  try {
    for (;;) await file.writeFile(part)
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC') throw error
  }
}

const removeLeftOvers = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix) || isAlive(Number(name.slice(prefix.length).split('-')[0]))) continue
    const path = join(tmpdir(), name)
    const server = await readPidFile(directoryOn(path))
    if (server !== undefined && isAlive(server.pid)) {
      process.kill(server.pid, 'SIGQUIT')
      await waitForExit(server.pid)
    }
    // n.b. another run that starts now may be removing the same disk
    await unmount(path).catch(() => {})
  }
}
