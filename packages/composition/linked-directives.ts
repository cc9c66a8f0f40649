import { type DirectiveNode, type DocumentNode, valueFromASTUntyped, visit } from 'graphql'
import { z } from 'zod'

const linkArguments = z.object({
  url: z.string(),
  as: z.string().nullish(),
  import: z.array(z.union([z.string(), z.object({ name: z.string(), as: z.string().nullish() })])).nullish(),
})

/**
 * The names that a supergraph gives to the directives of some features, each with the name that Apollo gave it; a
 * feature is told by the URL by which it is linked.
 */
export const linkedDirectives = <F extends string>(
  supergraph: DocumentNode,
  urls: Readonly<Record<F, string>>,
): ReadonlyMap<string, F> => {
  const names = new Map<string, F>()
  visit(supergraph, {
    Directive: node => {
      for (const feature in urls) if (isLinkTo(node, urls[feature])) names.set(nameIn(node, feature), feature)
    },
  })
  return names
}

/** Whether a directive links the feature of this URL. */
export const isLinkTo = (directive: DirectiveNode, url: string): boolean =>
  directive.name.value === 'link' && linkArguments.safeParse(argumentsOf(directive)).data?.url === url

/** The arguments of a directive. */
export const argumentsOf = (directive: DirectiveNode): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    directive.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]) ?? [],
  )

const nameIn = (link: DirectiveNode, feature: string): string => {
  const { url, as, import: imports } = linkArguments.parse(argumentsOf(link))
  for (const imported of imports ?? []) {
    const { name, as: renamed } = typeof imported === 'string' ? { name: imported } : imported
    if (name === `@${feature}`) return (renamed ?? name).slice(1)
  }
  const namespace = as ?? nameOf(url)
  return feature === nameOf(url) ? namespace : `${namespace}__${feature}`
}

/** The name of a specification, which stands before the version in its URL. */
const nameOf = (url: string): string => url.split('/').at(-2) ?? ''
