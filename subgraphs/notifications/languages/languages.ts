import { readdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { createLanguage, fallback, type Language } from '../domain/language.ts'
import { type Texts, texts } from '../domain/texts.ts'

/** Finds the language for a reader's BCP 47 locale: the one of the tag or of its language, or else English. */
export type Languages = { readonly tags: readonly string[]; readonly of: (locale: string) => Language }

const folder = new URL('./', import.meta.url)

/** Reads the languages of a folder: each is a file, whose name is its BCP 47 tag. */
export const readLanguages = (from: URL = folder): Languages => {
  const names = readdirSync(from).filter(name => name.endsWith('.json'))
  const files = new Map(names.map(name => [name.replace(/\.json$/, ''), readTexts(from, name)]))
  const english = files.get(fallback)
  if (english === undefined) throw new Error(`there is no ${fallback}.json in ${from.pathname}`)
  return {
    tags: [...files.keys()].toSorted(),
    of: locale => {
      for (const tag of tagsFor(locale)) {
        const own = files.get(tag)
        if (own !== undefined) return createLanguage(tag, own, locale)
      }
      return createLanguage(fallback, english, fallback)
    },
  }
}

/** The tags of texts for a locale, the nearest first. n.b. a region tells the script, too: `zh-TW` reads `zh-Hant` */
const tagsFor = (locale: string): readonly string[] => {
  const { language, script, region } = new Intl.Locale(locale).maximize()
  return [`${language}-${script}-${region}`, `${language}-${region}`, `${language}-${script}`, `${language}`]
}

const readTexts = (from: URL, name: string): Texts => {
  const parsed = texts.safeParse(JSON.parse(readFileSync(new URL(name, from), 'utf8')))
  if (parsed.success) return parsed.data
  throw new Error(`the texts in languages/${name} are not complete: ${z.prettifyError(parsed.error)}`)
}
