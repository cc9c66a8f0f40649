import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { z } from 'zod'
import { compiledModules, quickStart } from '../../testbed/run-program.ts'
import { createPublishedApi, createReceivedApi } from './asyncapi-document.ts'
import { composeSupergraph } from './supergraph.ts'

const command = join(import.meta.dirname, 'schema-check.ts')
const users = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { me: User }
type User @key(fields: "id") { id: ID! name: String! email: String }
`
const folders: string[] = []
// n.b. inside a git hook GIT_DIR names the hook's own repository: nothing of git's is handed on
const env = {
  ...compiledModules(),
  PATH: process.env.PATH,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const createRepository = () => {
  const folder = mkdtempSync(join(tmpdir(), 'schema-check-'))
  folders.push(folder)
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      cwd: folder,
      env,
    })
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const writeUsers = (sdl: string) => {
    write('subgraphs/users/schema.graphql', sdl)
    const composition = composeSupergraph(path => readFileSync(join(folder, path), 'utf8'))
    if (composition.kind === 'failed') throw new Error(composition.errors[0]?.message)
    write('schema/supergraph.graphql', composition.supergraph)
    write('schema/api.graphql', composition.api)
  }
  const commit = () => {
    git('add', '--all')
    git('commit', '--quiet', '--message', 'change')
  }
  git('init', '--quiet', '--initial-branch=main')
  return {
    folder,
    git,
    write,
    writeUsers,
    commit,
    check: (...args: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [...quickStart, command, ...args], {
        cwd: folder,
        env,
        encoding: 'utf8',
      })
      return { status, output: `${stdout}${stderr}` }
    },
  }
}

const createBranch = () => {
  const repository = createRepository()
  repository.write(
    'rover.yaml',
    `federation_version: =2.14.4
subgraphs:
  users:
    routing_url: http://127.0.0.1:4001/graphql
    schema: { file: subgraphs/users/schema.graphql }
`,
  )
  repository.write('schema/operations/me.graphql', 'query Me { me { id email } }\n')
  repository.writeUsers(users)
  repository.commit()
  repository.git('switch', '--quiet', '--create', 'branch')
  return repository
}

it('exits with 1 on a breaking change and names the operation that breaks', () => {
  const { writeUsers, commit, check } = createBranch()
  writeUsers(users.replace('email: String', '"A number." phone: String'))
  commit()
  const { status, output } = check()
  expect(output).toMatch(/^FAIL +FIELD_REMOVED +User\.email .* Me$/m)
  expect(output).toMatch(/^FAIL +OPERATION_INVALID +schema\/operations\/me\.graphql .*"email".* Me$/m)
  expect(output).toMatch(/^PASS +FIELD_ADDED +User\.phone /m)
  expect(output).toMatch(/^schema:check against main \([0-9a-f]{7}\): 2 failed, 0 to look at, 1 safe/m)
  expect(status).toBe(1)
})

it('prints and writes the report in other forms, with the same verdict', () => {
  const { folder, writeUsers, check } = createBranch()
  writeUsers(users.replace('email: String', 'phone: String'))
  const { status, output } = check('--json', '--reports', 'reports')
  expect(status).toBe(1)
  const printed = JSON.parse(output)
  expect(printed).toMatchObject({ failed: 2, toLookAt: 1, safe: 1 })
  const places = printed.findings.map(
    ({ code, file, line }: Record<string, unknown>) => `${code} ${file}:${line}`,
  )
  expect(places).toEqual([
    'OPERATION_INVALID schema/operations/me.graphql:1',
    'FIELD_REMOVED subgraphs/users/schema.graphql:3',
    'FIELD_ADDED subgraphs/users/schema.graphql:3',
    'ALL_ELEMENTS_REQUIRE_DESCRIPTION subgraphs/users/schema.graphql:3',
  ])
  const read = (name: string) => readFileSync(join(folder, 'reports', name), 'utf8')
  expect(JSON.parse(read('schema-check.json'))).toEqual(printed)
  expect(JSON.parse(read('schema-check.sarif')).runs[0].results).toHaveLength(3)
  expect(read('schema-check.md')).toMatch(/^### Schema check: failed, 2 failed, 1 to look at, 1 safe\n/)
  expect(check('--json', '--sarif')).toEqual({ status: 2, output: expect.stringContaining('print one form') })
})

it('does not let a branch delete an operation along with the field that it needs', () => {
  const { writeUsers, write, check } = createBranch()
  write('schema/operations/me.graphql', 'query Me { me { id } }\n')
  writeUsers(users.replace('email: String', ''))
  const { status, output } = check()
  expect(output).toMatch(/^FAIL +OPERATION_INVALID +schema\/operations\/me\.graphql \(base\) /m)
  expect(status).toBe(1)
})

describe('events', () => {
  const placed = (data: z.ZodObject) => defineEvent({ type: 'order.placed', source: 'orders', data })
  const write = (repository: ReturnType<typeof createRepository>, data: z.ZodObject) => {
    const event = placed(data)
    const folder = 'subgraphs/notifications'
    const queue = { queue: 'notifications.on-order-changed', events: [event] }
    const received = createReceivedApi({ service: 'notifications', queues: [queue], listensTo: [] }, folder)
    repository.write('schema/asyncapi.yaml', stringify(createPublishedApi([event])))
    repository.write(`${folder}/generated/asyncapi.yaml`, stringify(received))
  }
  const data = z.object({ orderId: z.uuid(), total: z.int() })

  const createEventBranch = () => {
    const repository = createBranch()
    repository.git('switch', '--quiet', 'main')
    write(repository, data)
    repository.commit()
    repository.git('switch', '--quiet', '--create', 'events')
    return repository
  }

  it('exits with 1 on a breaking change, and names the queues and the way out', () => {
    const repository = createEventBranch()
    write(repository, data.omit({ total: true }))
    const { status, output } = repository.check()
    expect(output).toMatch(
      /^FAIL +EVENT_FIELD_REMOVED +order\.placed\.total +is gone; publish order\.placed\.v2 beside it until nobody takes order\.placed +notifications\.on-order-changed$/m,
    )
    expect(status).toBe(1)
  })

  it('exits with 0 on an addition, and if the base describes no events yet', () => {
    const repository = createEventBranch()
    write(repository, data.extend({ note: z.string().optional() }))
    expect(repository.check()).toEqual({
      status: 0,
      output: expect.stringMatching(/^PASS +EVENT_FIELD_ADDED +order\.placed\.note /m),
    })
    const young = createBranch()
    write(young, data)
    expect(young.check()).toEqual({ status: 0, output: expect.stringContaining('0 failed') })
  })

  it('exits with 1 when the description is gone or no longer one', () => {
    const repository = createEventBranch()
    for (const text of ['{}', 'asyncapi: [', undefined]) {
      if (text === undefined) rmSync(join(repository.folder, 'schema/asyncapi.yaml'))
      else repository.write('schema/asyncapi.yaml', text)
      expect(repository.check()).toEqual({
        status: 1,
        output: expect.stringMatching(
          /^FAIL +EVENTS_UNREADABLE +schema\/asyncapi\.yaml +run npm run asyncapi/m,
        ),
      })
    }
  })
})

it('exits with 1 on a name that is none, and only looks at a description that is missing', () => {
  const { writeUsers, check } = createBranch()
  writeUsers(users.replace('name: String!', 'name: String! phone: String'))
  expect(check()).toEqual({
    status: 0,
    output: expect.stringMatching(/^WARN +ALL_ELEMENTS_REQUIRE_DESCRIPTION +User\.phone +/m),
  })
  writeUsers(users.replace('name: String!', 'name: String! "A number." Phone: String'))
  expect(check()).toEqual({
    status: 1,
    output: expect.stringMatching(/^FAIL +FIELD_NAMES_SHOULD_BE_CAMEL_CASE +User\.Phone +/m),
  })
})

it('exits with 0 when fields are added, before and after they are committed', () => {
  const { writeUsers, commit, check } = createBranch()
  writeUsers(users.replace('name: String!', 'name: String! phone: String'))
  expect(check()).toEqual({ status: 0, output: expect.stringMatching(/^PASS +FIELD_ADDED +User\.phone /m) })
  commit()
  expect(check('--base', 'main').status).toBe(0)
})

it('compares with the commit at which the branch began, not with the newest commit of main', () => {
  const { git, writeUsers, commit, check } = createBranch()
  git('switch', '--quiet', 'main')
  writeUsers(users.replace('name: String!', 'name: String! phone: String'))
  commit()
  git('switch', '--quiet', 'branch')
  expect(check()).toEqual({ status: 0, output: expect.stringContaining('0 failed') })
})

it('prefers origin/main to a main of its own', () => {
  const { git, check } = createBranch()
  git('update-ref', 'refs/remotes/origin/main', 'main')
  expect(check().output).toContain('against origin/main (')
})

it('exits with 1 when a subgraph changed and the supergraph was not composed anew', () => {
  const { write, check } = createBranch()
  write('subgraphs/users/schema.graphql', users.replace('email: String', 'email: String phone: String'))
  const { status, output } = check()
  expect(output).toMatch(/^FAIL +STALE +schema\/supergraph\.graphql .*npm run compose/m)
  expect(output).toMatch(/^FAIL +STALE +schema\/api\.graphql /m)
  expect(status).toBe(1)
})

it('exits with 1 and the reason when the subgraphs do not compose or are no GraphQL', () => {
  const { write, check } = createBranch()
  write('subgraphs/users/schema.graphql', users.replace('@key(fields: "id")', '@key(fields: "uuid")'))
  expect(check()).toEqual({ status: 1, output: expect.stringMatching(/^FAIL +KEY_INVALID_FIELDS +rover/m) })
  write('subgraphs/users/schema.graphql', 'type Query {')
  expect(check()).toEqual({ status: 1, output: expect.stringMatching(/^FAIL +UNREADABLE .*Syntax Error/m) })
})

it('passes a branch that repairs a base which does not compose', () => {
  const { git, write, writeUsers, commit, check } = createBranch()
  git('switch', '--quiet', 'main')
  write('subgraphs/users/schema.graphql', 'type Query {')
  commit()
  git('switch', '--quiet', '--create', 'mend')
  writeUsers(users)
  expect(check()).toEqual({ status: 0, output: expect.stringMatching(/^WARN +BASE_NOT_COMPOSED /m) })
})

it('says so and passes when the base has no schema yet', () => {
  const branch = createBranch()
  const { folder, git, write, commit, check } = createRepository()
  write('README.md', 'soon\n')
  for (const path of ['rover.yaml', 'schema', 'subgraphs']) {
    cpSync(join(branch.folder, path), join(folder, path), { recursive: true })
  }
  expect(check()).toEqual({ status: 0, output: expect.stringContaining('there is no commit yet') })
  git('add', 'README.md')
  git('commit', '--quiet', '--message', 'first')
  git('switch', '--quiet', '--create', 'branch')
  commit()
  expect(check()).toEqual({ status: 0, output: expect.stringMatching(/main \(\w{7}\) has no rover\.yaml/) })
})

it('says that an AsyncAPI document does not follow from the event contracts any more', () => {
  const { write, check } = createBranch()
  const generate = (text: string) =>
    write('commands/schema/asyncapi-files.ts', `export const asyncapiFiles = () => (${text})`)
  generate(`{ 'schema/asyncapi.yaml': 'asyncapi: 3.0.0' }`)
  write('schema/asyncapi.yaml', 'asyncapi: 3.0.0')
  expect(check()).toEqual({ status: 0, output: expect.not.stringContaining('STALE') })
  write('schema/asyncapi.yaml', 'asyncapi: 2.0.0')
  expect(check()).toEqual({
    status: 1,
    output: expect.stringMatching(/FAIL +STALE +schema\/asyncapi\.yaml +run npm run asyncapi/),
  })
  generate('contracts.map(String)')
  expect(check()).toEqual({
    status: 1,
    output: expect.stringMatching(/FAIL +EVENTS_UNREADABLE +schema\/events +contracts is not defined/),
  })
})

it('exits with 2 and says what to do for an unknown base, an unknown option and no repository', () => {
  const { git, check } = createBranch()
  expect(check('--base', 'nowhere')).toEqual({
    status: 2,
    output: expect.stringContaining('nowhere is no branch, tag or commit here'),
  })
  expect(check('--bass', 'main')).toEqual({ status: 2, output: expect.stringContaining('--base REF') })
  git('branch', '--quiet', '--move', 'main', 'trunk')
  expect(check()).toEqual({ status: 2, output: expect.stringContaining('name a base with --base REF') })
  rmSync(join(folders.at(-1) ?? '', '.git'), { recursive: true })
  expect(check()).toEqual({ status: 2, output: expect.stringContaining("git can't read a repository here") })
})

it('explains itself', () => {
  expect(createRepository().check('--help')).toEqual({
    status: 0,
    output: expect.stringContaining('Exits with 0'),
  })
})
