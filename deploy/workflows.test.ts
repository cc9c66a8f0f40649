import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readRoverConfig } from '@supergraph/composition/rover-config.ts'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { roverVersion } from '../commands/rover/rover-program.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const permissions = z.record(z.string(), z.string())
const step = z.object({
  run: z.string().optional(),
  uses: z.string().optional(),
  if: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
  with: z.record(z.string(), z.unknown()).default({}),
})
const workflow = z.object({
  on: z.record(z.string(), z.unknown()),
  permissions,
  jobs: z.record(
    z.string(),
    z.object({
      needs: z.string().optional(),
      if: z.string().optional(),
      permissions: permissions.optional(),
      env: z.record(z.string(), z.string()).default({}),
      'timeout-minutes': z.int(),
      steps: z.array(step),
    }),
  ),
})
type Step = z.output<typeof step>

const workflows = globSync('.github/workflows/*.yml', { cwd: root })
  .sort()
  .map(path => ({ name: basename(path, '.yml'), ...workflow.parse(parse(read(path))) }))
const steps = workflows.flatMap(({ name, jobs }) =>
  Object.entries(jobs).flatMap(([job, { steps }]) => steps.map(each => ({ ...each, job: `${name}.${job}` }))),
)
/** The lines of all commands, with those joined that go on in the next line. */
const lines = steps.flatMap(({ run = '' }) => run.replaceAll(/\\\n\s*/g, '').split('\n'))
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(read('package.json')))
const subgraphs = readRoverConfig(read)

it('are those of the tests and of the schema', () => {
  expect(workflows.map(({ name }) => name)).toEqual(['ci', 'schema'])
})

describe('commands', () => {
  const called = lines.flatMap(line => [
    ...line.matchAll(/\bnpm (?:run )?(?:--silent )?([\w:]+)((?: -- .*)?)/g),
  ])

  it.each(
    called.map(([, name = '', args = '']) => ({ name, args })),
  )('npm $name is one of package.json, with the options that it has', ({ name, args }) => {
    if (name === 'ci') return expect(existsSync(join(root, 'package-lock.json'))).toBe(true)
    const script = scripts[name] ?? ''
    expect(script).not.toBe('')
    const options = args.match(/(?<= )--[a-z]+/g) ?? []
    if (options.length === 0) return
    const [program = '', ...rest] = script.split(' ')
    const help = spawnSync(program === 'node' ? process.execPath : program, [...rest, '--help'], {
      cwd: root,
      encoding: 'utf8',
    })
    for (const option of options) expect(help.stdout).toContain(`\n  ${option}`)
  })

  it('are read at all', () => {
    expect(called.map(([, name]) => name)).toEqual(
      expect.arrayContaining(['ci', 'test', 'schema:check', 'events:push']),
    )
  })

  it('are of a shell that can read them', () => {
    for (const { run } of steps.filter(({ run }) => run !== undefined))
      expect(spawnSync('bash', ['-n'], { input: run, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      })
  })

  it('run the rover with which this project is tried', () => {
    const versions = lines.flatMap(line => line.match(/@apollo\/rover@\S+/g) ?? [])
    expect(versions.length).toBeGreaterThan(0)
    expect([...new Set(versions)]).toEqual([`@apollo/rover@${roverVersion}`])
  })

  it('check and publish every subgraph of rover.yaml, with its file', () => {
    const loops = lines.flatMap(line => /for schema in (.*); do/.exec(line)?.[1] ?? [])
    expect(loops).toEqual(['subgraphs/*/schema.graphql', 'subgraphs/*/schema.graphql'])
    const found = globSync('subgraphs/*/schema.graphql', { cwd: root })
    expect(found.toSorted()).toEqual(subgraphs.map(({ file }) => file).toSorted())
    expect(subgraphs.map(({ file }) => basename(dirname(file)))).toEqual(subgraphs.map(({ name }) => name))
    const schemas = lines.flatMap(
      line => /--name (\S+.*) --schema (.*?)(?: \|\| .*)?$/.exec(line)?.slice(1) ?? [],
    )
    expect([...new Set(schemas)]).toEqual(['"$(basename "$(dirname "$schema")")"', '"$schema"'])
  })
})

describe('what strangers send', () => {
  it('runs without the secrets of this repository, and with a token that may read', () => {
    for (const { on, permissions: granted } of workflows) {
      expect(Object.keys(on)).toEqual(['push', 'pull_request'])
      expect(granted).toEqual({ contents: 'read' })
    }
  })

  it('is never part of the text of a command', () => {
    for (const { run = '' } of steps) expect(run).not.toContain('${{')
    for (const { with: settings } of steps) expect(String(settings.script ?? '')).not.toContain('${{')
  })

  it('does not run where the token may write', () => {
    const writing = workflows.flatMap(({ jobs }) =>
      Object.entries(jobs).filter(([, job]) => Object.values(job.permissions ?? {}).includes('write')),
    )
    expect(writing.map(([name]) => name)).toEqual(['report'])
    for (const [, job] of writing) {
      expect(
        job.steps.filter(({ run, uses = '' }) => run !== undefined || /^actions\/checkout@/.test(uses)),
      ).toEqual([])
      expect(job.permissions).toEqual({
        contents: 'read',
        'security-events': 'write',
        'pull-requests': 'write',
      })
      expect(job.if).toContain('github.event.pull_request.head.repo.full_name == github.repository')
    }
  })

  it('leaves the check that needs no secret to run for forks', () => {
    const check = workflows.find(({ name }) => name === 'schema')?.jobs.check
    expect(check?.if).toBeUndefined()
    expect(JSON.stringify(check)).not.toContain('secrets.')
  })
})

describe('the key to a registry', () => {
  const withKey = steps.filter(each => JSON.stringify(each).includes('secrets.'))

  it('is known to the steps alone that need it', () => {
    for (const { jobs } of workflows)
      for (const { env } of Object.values(jobs)) expect(JSON.stringify(env)).not.toContain('secrets.')
    const own = (each: Step) =>
      each.run?.includes('is-set=true') ||
      each.run?.includes('npm run events:push') ||
      each.run?.includes('rover@')
    expect(withKey.filter(each => !own(each))).toEqual([])
    expect(new Set(withKey.map(({ job }) => job))).toEqual(new Set(['schema.registry', 'schema.publish']))
  })

  it('need not be there', () => {
    for (const each of steps
      .filter(({ job }) => /registry|publish/.test(job))
      .filter(({ run }) => !run?.includes('is-set=true')))
      expect(each.if).toContain('steps.key.outputs.is-set')
  })

  it('publishes nothing but what was pushed to main and is checked', () => {
    const publish = workflows.find(({ name }) => name === 'schema')?.jobs.publish
    expect(publish).toMatchObject({ needs: 'check', if: "github.event_name == 'push'" })
    const publishing = steps.filter(({ run }) => run?.includes('subgraph publish'))
    expect(publishing.map(({ job }) => job)).toEqual(['schema.publish'])
  })
})

it('use official actions alone, each by its full version', () => {
  const used = steps.flatMap(({ uses }) => uses ?? [])
  expect(used.length).toBeGreaterThan(0)
  expect(used.filter(name => !/^(actions|github)\/[\w./-]+@v\d+\.\d+\.\d+$/.test(name))).toEqual([])
})
