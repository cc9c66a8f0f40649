import { z } from 'zod'

const advice = 'Give a language such as en, de or de-AT (BCP 47).'

/** A BCP 47 tag for a zod schema, as its language, script and region in their usual letters; its other parts are dropped. */
export const locale = z
  .string()
  .max(100, { error: advice })
  .transform((text, context) => {
    const parts = partsOf(text)
    // n.b. no language has a longer code, though the grammar allows it; `und-AT` has none at all
    const language: string | undefined = parts?.language
    if (parts !== undefined && language !== undefined && language.length <= 3) {
      return [language, parts.script, parts.region].filter(part => part !== undefined).join('-')
    }
    context.addIssue({ code: 'custom', message: advice })
    return z.NEVER
  })

const partsOf = (text: string): Intl.Locale | undefined => {
  try {
    return new Intl.Locale(text)
  } catch {
    return undefined
  }
}
