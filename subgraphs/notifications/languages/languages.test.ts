import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { texts } from '../domain/texts.ts'
import { readLanguages } from './languages.ts'

const folder = new URL('./', import.meta.url)
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))

const tree = z.record(z.string(), z.json())

/** Each text with its path. */
const textsIn = (value: unknown, path = ''): readonly (readonly [string, string])[] =>
  typeof value === 'string'
    ? [[path, value]]
    : Object.entries(tree.parse(value)).flatMap(([key, inner]) => textsIn(inner, `${path}/${key}`))

const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted()

const english = textsIn(read('en.json'))

it('has English and German', () => {
  expect(readLanguages().tags).toEqual(expect.arrayContaining(['de', 'en']))
})

it.each(
  readdirSync(folder).filter(name => name.endsWith('.json')),
)('%s is named by a BCP 47 tag, and has every text with the same placeholders', name => {
  const tag = name.replace(/\.json$/, '')
  expect(new Intl.Locale(tag).toString()).toBe(tag)
  const toShape = (texts: typeof english) => texts.map(([path, text]) => [path, placeholders(text)])
  expect(toShape(textsIn(read(name)))).toEqual(toShape(english))
})

it.each(english.map(([path]) => path))('a language without the text %s is refused', missing => {
  const without = (value: unknown, path = ''): unknown =>
    typeof value === 'string'
      ? value
      : Object.fromEntries(
          Object.entries(tree.parse(value))
            .filter(([key]) => `${path}/${key}` !== missing)
            .map(([key, inner]) => [key, without(inner, `${path}/${key}`)]),
        )
  expect(texts.safeParse(without(read('en.json'))).success).toBe(false)
})

it.each([
  ['one too few', { greeting: 'Hello,' }],
  ['another one', { greeting: 'Hello {nombre},' }],
  ['one where there is none', { toShop: 'Shop {name}' }],
  ['no words', { toShop: '' }],
  ['a text that nobody knows', { farewell: 'Bye' }],
])('a language with a text that has %s is refused', (_, change) => {
  expect(texts.safeParse({ ...tree.parse(read('en.json')), ...change }).success).toBe(false)
})

it.each([
  ['de', 'de'],
  ['de-AT', 'de'],
  ['de-Latn-CH', 'de'],
  ['en-GB', 'en'],
  ['fr', 'en'],
  ['zh-Hant-TW', 'en'],
])('a reader whose locale is %s reads %s', (locale, tag) => {
  expect(readLanguages().of(locale).tag).toBe(tag)
})

it.each([
  ['zh-Hant', 'zh-Hant'],
  ['zh-TW', 'zh-Hant'],
  ['zh-Hant-HK', 'zh-Hant'],
  ['zh-CN', 'zh'],
  ['zh-SG', 'zh'],
  ['zh', 'zh'],
  ['pt', 'pt-BR'],
  ['pt-PT', 'en'],
  ['sr-Latn-RS', 'sr-Latn'],
  ['sr', 'en'],
  ['und', 'en'],
])('a reader whose locale is %s reads %s where these files are', (locale, tag) => {
  const directory = mkdtempSync(join(tmpdir(), 'languages-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const name of ['en', 'zh', 'zh-Hant', 'pt-BR', 'sr-Latn'])
    cpSync(new URL('en.json', folder), join(directory, `${name}.json`))
  expect(readLanguages(pathToFileURL(`${directory}/`)).of(locale).tag).toBe(tag)
})
