import { z } from 'zod'
import type { Services } from './services.ts'

const linting = z.object({
  sdl: z.string(),
  baseSdl: z
    .string()
    .nullish()
    .transform(sdl => sdl || undefined),
})

/** A LintResult of the API. */
export const lintSchema = async ({ composer }: Pick<Services, 'composer'>, given: unknown) => {
  const schemas = linting.parse(given)
  const { sdl, baseSdl = '' } = schemas
  await composer.demandGraphql([
    { what: 'the schema', text: sdl },
    ...(baseSdl === '' ? [] : [{ what: 'the schema before', text: baseSdl }]),
  ])
  return composer.lint(schemas)
}
