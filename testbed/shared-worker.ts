import { afterAll, vi } from 'vitest'

const refuse = () => {
  throw new Error(
    'this file shares its process with others, which would get the mock: list it in vitest.config.ts among those that mock modules',
  )
}

// n.b. vitest runs this before each file.
vi.mock = refuse
vi.doMock = refuse

// n.b. A test that failed may have left these to the next file.
afterAll(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})
