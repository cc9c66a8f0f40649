import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { writeWholeFile } from './write-whole-file.ts'

const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'whole-file-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

it('writes a file into a folder that is not there yet, and leaves nothing beside it', async () => {
  const path = join(newFolder(), 'below', 'file')
  await writeWholeFile(path, 'one')
  await writeWholeFile(path, 'two')
  expect(readFileSync(path, 'utf8')).toBe('two')
  expect(readdirSync(join(path, '..'))).toEqual(['file'])
})

it('flushes what it wrote before the file gets its name', async () => {
  const path = join(newFolder(), 'file')
  const done: string[] = []
  const { open, rename } = fs
  vi.spyOn(fs, 'open').mockImplementation(async (...given) => {
    const file = await open(...given)
    const sync = file.sync.bind(file)
    vi.spyOn(file, 'sync').mockImplementation(async () => {
      await sync()
      done.push(`flushed ${readFileSync(given[0].toString(), 'utf8')}`)
    })
    return file
  })
  vi.spyOn(fs, 'rename').mockImplementation(async (...given) => {
    done.push('renamed')
    await rename(...given)
  })
  syncBuiltinESMExports()
  onTestFinished(() => {
    vi.restoreAllMocks()
    syncBuiltinESMExports()
  })
  await writeWholeFile(path, 'one')
  expect(done).toEqual(['flushed one', 'renamed'])
})

it('leaves what was there, and no draft, if it can not be replaced', async () => {
  const path = join(newFolder(), 'file')
  mkdirSync(path)
  await expect(writeWholeFile(path, 'one')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/)
  expect(readdirSync(join(path, '..'))).toEqual(['file'])
})
