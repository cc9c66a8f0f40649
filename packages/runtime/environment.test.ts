import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { flag, parseEnvironment, port } from './environment.ts'

it('takes an empty variable as absent', () => {
  expect(
    parseEnvironment('x', z.object({ PORT: port(1).default(1), ON: flag.default(true) }), {
      PORT: '',
      ON: '',
    }),
  ).toEqual({ PORT: 1, ON: true })
})

describe('a setting in a file', () => {
  const schema = z.object({ KEY: z.string({ error: 'put a key there' }), PORT: port(1).default(1) })
  const fileWith = (text: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'supergraph-settings-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'key'), text)
    return join(folder, 'key')
  }

  it.each([
    ['without the line feed at its end', { KEY: undefined }, 'a b\n', 'a b'],
    ['with all others of its lines', { KEY: undefined }, 'a\nb\r\n', 'a\nb'],
    ['before the variable', { KEY: 'other' }, 'mine', 'mine'],
    ['not at all if it is empty', { KEY: 'other' }, '\n', 'other'],
  ])('counts %s', (_, variables, text, KEY) => {
    expect(parseEnvironment('x', schema, { ...variables, KEY_FILE: fileWith(text) })).toEqual({
      KEY,
      PORT: 1,
    })
  })

  it('is named together with every other mistake if it can not be read', () => {
    const read = () => parseEnvironment('x', schema, { KEY_FILE: '/nowhere/key', PORT: 'no' })
    expect(read).toThrow(
      /^x can't start:\n {2}KEY_FILE is not usable: put the path there of a file that this process can read \(.*\/nowhere\/key.*\)\n {2}PORT is not usable: put a port number there, such as 1$/,
    )
    expect(() => parseEnvironment('x', schema, { KEY_FILE: fileWith('') })).toThrow(
      'KEY is not set: put a key there',
    )
  })
})
