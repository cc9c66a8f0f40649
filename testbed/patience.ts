import { vi } from 'vitest'

const { waitFor } = vi

const waitForLong: typeof waitFor = (callback, options) =>
  waitFor(callback, { timeout: 60_000, ...(typeof options === 'number' ? { timeout: options } : options) })

// n.b. vitest runs this before each file. Its own limit is 1 s, which a slow or busy machine does not meet.
if (waitFor.name !== waitForLong.name) vi.waitFor = waitForLong
