import { execFile, execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** Copies the files of this repository that git knows or would add, with one commit, to a temporary folder. */
export const copyRepository = (root: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'supergraph-copy-'))
  const git = (cwd: string, ...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      cwd,
      encoding: 'utf8',
    })
  for (const file of git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0')) {
    if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(folder, file))
  }
  git(folder, 'init', '--quiet')
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--message', 'copy')

  const run = (program: string, ...args: readonly string[]) =>
    promisify(execFile)(program, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }).catch(
      (error: unknown) => {
        const [output, errors] =
          error instanceof Error && 'stdout' in error && 'stderr' in error ? [error.stdout, error.stderr] : []
        throw new Error(`${program} ${args.join(' ')} failed:\n${output}\n${errors}`, { cause: error })
      },
    )

  return {
    folder,
    /** Runs a program in the copy; throws an Error with what it printed, if it fails. */
    run,
    runNode: (...args: readonly string[]) => run(process.execPath, ...args),
    /** Writes the files that a page shows whole, and makes the changes that it shows as a diff. */
    follow: (page: string): void => {
      for (const [, language, file = '', text = ''] of page.matchAll(/^```(\w+) (\S+)\n(.*?)^```$/gms)) {
        const path = join(folder, file)
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, language === 'diff' ? change(readFileSync(path, 'utf8'), text, file) : text)
      }
    },
    /** Links the packages that are installed here, and each workspace of the copy, as `npm install` would. */
    linkWorkspaces: (): void => {
      const installed = join(root, 'node_modules')
      mkdirSync(join(folder, 'node_modules/@supergraph'), { recursive: true })
      for (const name of readdirSync(installed)) {
        if (name === '@supergraph' || name.startsWith('.')) continue
        symlinkSync(join(installed, name), join(folder, 'node_modules', name))
      }
      mkdirSync(join(folder, 'node_modules/.cache'))
      symlinkSync(join(installed, '.cache/bundle'), join(folder, 'node_modules/.cache/bundle'))
      for (const manifest of git(folder, 'ls-files', '--cached', '--others', '*/package.json')
        .trim()
        .split('\n')) {
        const { name } = JSON.parse(readFileSync(join(folder, manifest), 'utf8'))
        symlinkSync(join(folder, dirname(manifest)), join(folder, 'node_modules', name))
      }
    },
  }
}

/** Makes the changes of a diff without line numbers: the lines that each of its parts keeps stand once in the text. */
const change = (text: string, diff: string, file: string): string =>
  diff.split(/^@@\n/m).reduce((changed, part) => {
    const lines = part.split('\n').slice(0, -1)
    const kept = lines.filter(line => !line.startsWith('+')).map(line => line.slice(1))
    const [before, after, ...others] = changed.split(`${kept.join('\n')}\n`)
    if (after === undefined || others.length > 0) {
      throw new Error(`${file} should have these lines once:\n${kept.join('\n')}`)
    }
    return `${before}${lines.map(line => line.slice(1)).join('\n')}\n${after}`
  }, text)
