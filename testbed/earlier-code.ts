import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'

/** The code of an earlier commit. */
export type EarlierCode = Running & {
  /** A temporary folder with the files of the commit and the packages that it was made with. */
  readonly folder: string
}

const root = join(import.meta.dirname, '..')
const run = promisify(execFile)

/**
 * Takes the files of a commit out of the repository, and installs the packages of its lock file beside them. Who compares
 * this code with them starts their programs as processes of their own, with `codeFolder`. `stop` removes them.
 */
export const takeOut = (commit: string): Promise<EarlierCode> =>
  startAll(async use => {
    const directory = await mkdtemp(join(tmpdir(), 'supergraph-earlier-'))
    use({ stop: () => rm(directory, { recursive: true, force: true }) })
    const folder = join(directory, 'code')
    await run('git', ['clone', '--quiet', '--no-checkout', '--shared', root, folder])
    await run('git', ['checkout', '--quiet', '--detach', commit], { cwd: folder }).catch((cause: unknown) => {
      throw new ExpectedError(`there is no commit ${commit} here: name one that git log lists`, { cause })
    })
    // n.b. No package of ours needs its install script.
    const quick = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
    await run('npm', ['ci', ...quick], { cwd: folder })
    return { folder }
  })
