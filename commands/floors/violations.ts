import { findCircles } from './circles.ts'
import type { Imports } from './imports.ts'

/** Which folder may import which. `floors.ts` in the root folder explains each part. */
type Rules = {
  readonly floors: readonly (readonly string[])[]
  readonly innerFloors: Readonly<Record<string, readonly (readonly string[])[]>>
  readonly tests: RegExp
  readonly testing: readonly string[]
  readonly openToTests: readonly string[]
  readonly closedPackages: readonly {
    readonly in: string
    readonly packages: RegExp
    readonly instead: string
  }[]
}

/** Describes each import that breaks a rule, and each circle: which files it is, what is wrong, and the way out. */
export const findViolations = (imports: Imports, rules: Rules): readonly string[] => {
  const arrows = [...imports].flatMap(([from, all]) =>
    all.flatMap(({ file }) => (file !== undefined && imports.has(file) ? [{ from, to: file }] : [])),
  )
  return [
    ...findUnplaced(imports, rules),
    ...arrows.flatMap(({ from, to }) => {
      const problem = findProblem(from, to, rules)
      return problem === undefined ? [] : [`${from} imports ${to}\n  ${problem}`]
    }),
    ...findClosed(imports, rules),
    ...findCircles(arrows, path => rules.tests.test(path)),
  ]
}

const findUnplaced = (imports: Imports, { floors }: Rules): readonly string[] =>
  [...imports.keys()]
    .filter(path => placeOf(path, floors) === undefined)
    .map(path => `${path} stands on no floor\n  Give its folder a place in floors.ts`)

const findProblem = (from: string, to: string, rules: Rules): string | undefined => {
  const [user, used] = [placeOf(from, rules.floors), placeOf(to, rules.floors)]
  if (user === undefined || used === undefined) return undefined
  const isTest = rules.tests.test(from)
  if (rules.tests.test(to) && !isTest && !rules.testing.includes(user.folder)) {
    return 'The latter serves only tests. Move what both need out of it, and import that instead'
  }
  if (user.folder === used.folder) return isTest ? undefined : findInnerProblem(from, to, user, rules)
  if (user.floor < used.floor) return undefined
  if (isTest && rules.openToTests.some(pattern => placeOf(to, [[pattern]]))) return undefined
  return user.floor > used.floor
    ? `${used.folder} stands above ${user.folder}. Move what both need to ${user.folder} or below, or pass it down as an argument`
    : `${user.folder} and ${used.folder} stand side by side. Move what both need to a lower floor, such as schema or packages, and import that instead`
}

const findInnerProblem = (from: string, to: string, { pattern, folder }: Place, rules: Rules) => {
  const floors = rules.innerFloors[pattern] ?? []
  const [user, used] = [from, to].map(path => placeOf(path.slice(folder.length + 1), floors))
  return user === undefined || used === undefined || user.floor <= used.floor
    ? undefined
    : `In ${folder}, ${used.folder} stands above ${user.folder}. Move what both need to ${user.folder} or below, or pass it down as an argument`
}

const findClosed = (imports: Imports, { closedPackages, tests }: Rules): readonly string[] =>
  closedPackages.flatMap(rule =>
    [...imports]
      .filter(([path]) => !tests.test(path) && placeOf(path, [[rule.in]]) !== undefined)
      .flatMap(([path, all]) =>
        all
          .filter(({ specifier }) => rule.packages.test(specifier))
          .map(({ specifier }) => `${path} imports ${specifier}\n  ${rule.instead}`),
      ),
  )

/** Where a path stands: the floor counted from the top, the folder, and the pattern that matched. */
type Place = { readonly floor: number; readonly folder: string; readonly pattern: string }

// n.b. a pattern without a `*` wins, so that `database` is not taken for any folder
const placeOf = (path: string, floors: readonly (readonly string[])[]): Place | undefined => {
  const places = floors.flatMap((patterns, floor) =>
    patterns.flatMap(pattern => {
      const [folder] = new RegExp(`^${pattern.replaceAll('*', '[^/]+')}(?=/|$)`).exec(path) ?? []
      return folder === undefined ? [] : [{ floor, folder, pattern }]
    }),
  )
  return places.find(({ pattern }) => !pattern.includes('*')) ?? places[0]
}
