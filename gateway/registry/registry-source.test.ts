import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createRegistrySource } from './registry-source.ts'

/** A gateway's source whose registry is away; `start` serves nothing but the texts `kept` and `shipped`. */
const openSource = (keep: (path: string) => void) => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-supergraph-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'kept.graphql')
  keep(path)
  const logger = createLogger('gateway', 'silent')
  const errors = vi.spyOn(logger, 'error')
  // n.b. nothing listens on port 1
  const source = createRegistrySource(
    { url: 'http://127.0.0.1:1', ref: 'shop@current', key: 'key', path },
    logger,
  )
  const start = async (sdl: string) => {
    if (sdl !== 'kept' && sdl !== 'shipped') throw new Error('no supergraph')
    return sdl
  }
  return { start: () => source.startFirst(start, () => 'shipped'), about: source.about, path, errors }
}

it('starts with the supergraph that was kept while the registry is away', async () => {
  const { start, about } = openSource(path => writeFileSync(path, 'kept'))
  expect(await start()).toEqual({ sdl: 'kept', started: 'kept' })
  expect(about()).toEqual({ registryVersion: 'kept' })
})

it('starts with the shipped one if none was kept, and says nothing of it', async () => {
  const { start, errors } = openSource(() => {})
  expect(await start()).toEqual({ sdl: 'shipped', started: 'shipped' })
  expect(errors).toHaveBeenCalledTimes(1)
})

it.each([
  ['is empty', (path: string) => writeFileSync(path, ''), 'no supergraph'],
  ['is half of one', (path: string) => writeFileSync(path, 'ke'), 'no supergraph'],
  ['can not be read', (path: string) => mkdirSync(path), 'EISDIR'],
])('starts with the shipped one if what was kept %s, and says so in one line', async (_title, keep, reason) => {
  const { start, path, errors } = openSource(keep)
  expect(await start()).toEqual({ sdl: 'shipped', started: 'shipped' })
  const said = errors.mock.calls.filter(([, text]) => text?.includes('that was kept can not be served'))
  expect(said).toEqual([
    [
      { path, reason: expect.stringContaining(reason) },
      'the supergraph that was kept can not be served, and the shipped one is',
    ],
  ])
})
