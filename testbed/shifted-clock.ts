import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Variables } from '@supergraph/runtime/environment.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'

/** The time of day of a process, which can be shifted while the process runs. */
export type ShiftedClock = Running & {
  /** What the process is started with. */
  readonly settings: Variables
  readonly shift: (seconds: number) => Promise<void>
}

const folders = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(machine => `/usr/lib/${machine}/faketime`)

/** Makes a clock that is not shifted yet; throws if libfaketime is not installed. */
export const createShiftedClock = async (): Promise<ShiftedClock> => {
  const library = folders.map(folder => join(folder, 'libfaketimeMT.so.1')).find(existsSync)
  if (library === undefined)
    throw new Error('libfaketime is not installed here: install it (Debian: libfaketime)')
  const directory = await mkdtemp(join(tmpdir(), 'supergraph-clock-'))
  const file = join(directory, 'shift')
  const shift = async (seconds: number): Promise<void> => {
    // n.b. renamed: the process reads it at any moment
    await writeFile(`${file}.next`, `${seconds < 0 ? '' : '+'}${seconds}\n`)
    await rename(`${file}.next`, file)
  }
  await shift(0)
  return {
    // n.b. the clock of timers does not follow the time of day
    settings: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    shift,
    stop: () => rm(directory, { recursive: true, force: true }),
  }
}
