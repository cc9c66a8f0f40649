import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startFileWatch } from './file-watch.ts'

const everyMs = 5

const watchFile = (first: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'file-watch-'))
  const path = join(folder, 'supergraph.graphql')
  writeFileSync(path, first)
  const onChange = vi.fn(async (_text: string) => undefined)
  const onError = vi.fn()
  const start = () => {
    const watch = startFileWatch({ path, text: first, everyMs, onChange, onError })
    onTestFinished(async () => {
      await watch.stop()
      rmSync(folder, { recursive: true })
    })
  }
  const changes = () => onChange.mock.calls.map(([text]) => text)
  return { folder, path, onChange, onError, start, changes }
}

it('tells a change once, whether the file is written in place or replaced by a rename', async () => {
  const { folder, path, start, changes } = watchFile('first')
  start()
  writeFileSync(path, 'second')
  await vi.waitFor(() => expect(changes()).toEqual(['second']))
  writeFileSync(join(folder, 'new'), 'third')
  renameSync(join(folder, 'new'), path)
  await vi.waitFor(() => expect(changes()).toEqual(['second', 'third']))
  writeFileSync(path, 'fourth')
  await vi.waitFor(() => expect(changes()).toEqual(['second', 'third', 'fourth']))
})

it('sees that the link of a mounted ConfigMap leads to another folder', async () => {
  const { folder, path, start, changes } = watchFile('first')
  for (const version of ['first', 'second']) {
    mkdirSync(join(folder, `..${version}`))
    writeFileSync(join(folder, `..${version}`, 'supergraph.graphql'), version)
  }
  symlinkSync('..first', join(folder, '..data'))
  rmSync(path)
  symlinkSync(join('..data', 'supergraph.graphql'), path)
  start()
  symlinkSync('..second', join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  await vi.waitFor(() => expect(changes()).toEqual(['second']))
})

it('does not take a text that is still being written', async () => {
  const { path, start, changes } = watchFile('')
  let text = ''
  start()
  const writing = setInterval(() => {
    text += 'x'
    writeFileSync(path, text)
  }, 0)
  await vi.waitFor(() => expect(text.length).toBeGreaterThan(20))
  clearInterval(writing)
  await vi.waitFor(() => expect(changes().at(-1)).toBe(text))
  expect(changes()).toEqual([text])
})

it('says once that the file is gone, and takes it when it is there again', async () => {
  const { path, start, onError, changes } = watchFile('first')
  start()
  rmSync(path)
  await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce())
  writeFileSync(path, 'second')
  await vi.waitFor(() => expect(changes()).toEqual(['second']))
  expect(onError).toHaveBeenCalledOnce()
})
