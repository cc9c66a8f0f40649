import { spawnSync } from 'node:child_process'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'

/** There is no usable base; the message says what to do. */
class BaseError extends ExpectedError {
  override readonly name = 'BaseError'
}

/** The commit at which the branch under check left its base, or the reason why there is none. */
type Base = { readonly kind: 'none'; readonly reason: string } | BaseCommit

export type BaseCommit = {
  readonly kind: 'commit'
  /** For people: `main (1a2b3c4)`. */
  readonly name: string
  /** A file's text by its path from the working directory; throws BaseError if there is no such file. */
  readonly read: (path: string) => string
  /** Paths of the files in a folder and below it; none if there is no such folder. */
  readonly list: (folder: string) => readonly string[]
}

const defaultRefs = ['origin/main', 'main'] as const
const maxOutputBytes = 64 * 1024 * 1024

/** Finds the commit that HEAD has in common with `ref`, by default `origin/main`, else `main`. */
export const findBase = (ref: string | undefined): Base => {
  const repository = git('rev-parse', '--is-inside-work-tree')
  if (!repository.ok) {
    throw new BaseError(
      `git can't read a repository here: ${repository.error}\nrun it in the repository's root folder`,
    )
  }
  if (!git('rev-parse', '--verify', '--quiet', 'HEAD').ok) {
    return { kind: 'none', reason: 'there is no commit yet' }
  }
  const found = ref === undefined ? defaultRefs.find(isCommit) : ref
  if (found === undefined) {
    throw new BaseError(`there is neither ${defaultRefs.join(' nor ')} here: name a base with --base REF`)
  }
  if (!isCommit(found)) {
    throw new BaseError(`${found} is no branch, tag or commit here: fetch it first, or name another base`)
  }
  const merge = git('merge-base', found, 'HEAD')
  if (!merge.ok) {
    throw new BaseError(
      `${found} and HEAD have no commit in common here: fetch the whole history (git fetch --unshallow)`,
    )
  }
  const commit = merge.output.trim()
  const name = `${found} (${commit.slice(0, 7)})`
  const base = { kind: 'commit', name, ...filesOf(commit) } as const
  return base.list('./').includes('rover.yaml')
    ? base
    : { kind: 'none', reason: `${name} has no rover.yaml, so no schema` }
}

const isCommit = (ref: string): boolean =>
  git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`).ok

// n.b. `./` makes git take the path from the working directory, not from the repository's root
const filesOf = (commit: string) => ({
  read: (path: string): string => {
    const file = git('show', `${commit}:./${path}`)
    if (!file.ok) throw new BaseError(`${path} can't be read at ${commit.slice(0, 7)}: ${file.error}`)
    return file.output
  },
  list: (folder: string): readonly string[] => {
    const names = git('ls-tree', '-r', '-z', '--name-only', commit, folder)
    return names.ok ? names.output.split('\0').filter(name => name !== '') : []
  },
})

const git = (
  ...args: readonly string[]
): { readonly ok: true; readonly output: string } | { readonly ok: false; readonly error: string } => {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    encoding: 'utf8',
    maxBuffer: maxOutputBytes,
  })
  if (error) throw new BaseError("git can't be run: install it, and run this again", { cause: error })
  return status === 0
    ? { ok: true, output: stdout }
    : { ok: false, error: stderr.trim().split('\n')[0] ?? '' }
}
