import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { createIdentityKeys, identityIssuers, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { describe, expect, it, onTestFinished } from 'vitest'

const command = join(import.meta.dirname, 'keys.ts')

it('leaves a file that only its owner can read, also over an older one that everybody could', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, '.env')
  const output = openSync(file, 'w', 0o644)
  expect(spawnSync(process.execPath, [command], { stdio: ['ignore', output, 'inherit'] }).status).toBe(0)
  closeSync(output)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toMatch(/^GATEWAY_IDENTITY_KEY=\S+$/m)
})

it('prints to a pipe as well', () => {
  expect(spawnSync(process.execPath, [command], { encoding: 'utf8' }).stdout).toMatch(/^IDENTITY_ISSUERS=/m)
})

it('prints the next key of a process, and the public keys of each step', async () => {
  const now = await createIdentityKeys(['gateway', 'orders'])
  const run = (setting: string | undefined, name: string) =>
    spawnSync(process.execPath, [command, '--next', name], {
      encoding: 'utf8',
      env: { ...process.env, IDENTITY_ISSUERS: setting },
    })
  const lines = run(now.issuers, 'gateway').stdout.split('\n')
  const [both, alone] = lines
    .filter(line => line.startsWith('IDENTITY_ISSUERS='))
    .map(line => identityIssuers.parse(line.slice('IDENTITY_ISSUERS='.length)))
  const known = identityIssuers.parse(now.issuers)
  const { x } = identityKey.parse(
    lines.find(line => line.startsWith('GATEWAY_IDENTITY_KEY='))?.slice('GATEWAY_IDENTITY_KEY='.length),
  )
  expect(both).toEqual({ ...known, gateway: [...(known.gateway ?? []), expect.objectContaining({ x })] })
  expect(alone).toEqual({ ...known, gateway: [expect.objectContaining({ x })] })
  expect(run(undefined, 'gateway').stderr).toMatch(
    /^IDENTITY_ISSUERS is not set: put the public keys of now there/,
  )
  expect(run('nonsense', 'gateway').stderr).toMatch(
    /^IDENTITY_ISSUERS is not usable: put the public keys there/,
  )
  expect(run(now.issuers, 'users')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^--next must be/),
  })
})

describe('--files', () => {
  /** A folder in which Compose would be started, with a `.env` if a text is given. */
  const install = (env?: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'keys-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    if (env !== undefined) writeFileSync(join(folder, '.env'), env)
    return folder
  }
  const run = (folder: string, args: readonly string[] = ['--files'], umask = '022') => {
    const line = `umask ${umask}; exec "$@"`
    return spawnSync('sh', ['-c', line, 'sh', process.execPath, command, ...args], {
      cwd: folder,
      encoding: 'utf8',
    })
  }
  const envOf = (folder: string) => readFileSync(join(folder, '.env'), 'utf8')
  const textsOf = (folder: string, secrets = 'secrets'): Readonly<Record<string, string>> =>
    Object.fromEntries(
      readdirSync(join(folder, secrets)).map(name => [
        name,
        readFileSync(join(folder, secrets, name), 'utf8').trimEnd(),
      ]),
    )

  it('writes files that every container can read, into a folder that nobody else can enter, whatever the umask', () => {
    for (const umask of ['022', '077']) {
      const folder = install()
      const { status, stdout } = run(folder, ['--files'], umask)
      const names = Object.keys(textsOf(folder))
      expect(status).toBe(0)
      expect(stdout).toBe(
        `./secrets has ${names.length} new files of secrets. Back it up.\n.env has got SECRETS_DIR, COMPOSE_PROFILES, STRIPE_API_URL.\n`,
      )
      expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700)
      for (const name of names) expect(statSync(join(folder, 'secrets', name)).mode & 0o777).toBe(0o644)
      expect(parseEnv(envOf(folder))).toEqual({
        SECRETS_DIR: './secrets',
        COMPOSE_PROFILES: 'payment-simulator',
        STRIPE_API_URL: 'http://payment-simulator:4010',
      })
    }
  })

  it('changes nothing that is there, and adds what is missing', () => {
    const folder = install()
    run(folder)
    const [before, env] = [textsOf(folder), envOf(folder)]
    expect(run(folder).stdout).toBe(
      `./secrets had all ${Object.keys(before).length} files of secrets already.\n`,
    )
    expect([textsOf(folder), envOf(folder)]).toEqual([before, env])

    const lost = ['CONSOLE_KEY', 'USERS_DB_PASSWORD', 'USERS_DATABASE_URL']
    for (const name of lost) rmSync(join(folder, 'secrets', name))
    writeFileSync(join(folder, 'secrets/STRIPE_API_KEY'), 'sk_live_1')
    expect(run(folder).stdout).toMatch(
      /^\.\/secrets has 3 new files of secrets, beside \d+ that were there\./,
    )
    const after = textsOf(folder)
    for (const name of lost) expect(after[name], name).not.toBe(before[name])
    expect(after.USERS_DATABASE_URL).toContain(`:${after.USERS_DB_PASSWORD}@`)
    const others = Object.keys(after).filter(name => !lost.includes(name))
    expect(others).toHaveLength(Object.keys(before).length - lost.length)
    for (const name of others)
      expect(after[name], name).toBe(name === 'STRIPE_API_KEY' ? 'sk_live_1' : before[name])
    expect(envOf(folder)).toBe(env)
  })

  it('takes the secrets that an older .env has, and tells which of its lines are read no more', () => {
    const printed = run(install(), []).stdout
    const folder = install(
      `${printed}SMTP_URL='smtps://u:p@mail.shop.example'\nADMIN_PASSWORD=\nLOG_LEVEL=warn`,
    )
    const { COMPOSE_PROFILES, STRIPE_API_URL, RABBITMQ_PASSWORD, ...kept } = parseEnv(printed)
    const { stdout } = run(folder)
    const after = textsOf(folder)
    expect(after).toMatchObject({ ...kept, SMTP_URL: 'smtps://u:p@mail.shop.example', ADMIN_PASSWORD: '' })
    expect(after.USERS_DATABASE_URL).toBe(`postgres://users:${kept.USERS_DB_PASSWORD}@users-db:5432/users`)
    expect(after.RABBITMQ_URL).toBe(`amqp://supergraph:${RABBITMQ_PASSWORD}@rabbitmq:5672`)
    expect(after.RABBITMQ_CONF).toBe(`default_user = supergraph\ndefault_pass = ${RABBITMQ_PASSWORD}`)
    const [, unread = ''] = /delete them: (.*)\.$/m.exec(stdout) ?? []
    expect(unread.split(', ').sort()).toEqual([...Object.keys(kept), 'RABBITMQ_PASSWORD', 'SMTP_URL'].sort())
    expect(parseEnv(envOf(folder))).toMatchObject({
      COMPOSE_PROFILES,
      STRIPE_API_URL,
      LOG_LEVEL: 'warn',
      SECRETS_DIR: './secrets',
    })
  })

  it('tells which lines of .env say something else than the files', () => {
    const folder = install('RABBITMQ_PASSWORD=first\nSMTP_URL=smtp://mail.shop.example\n')
    run(folder)
    writeFileSync(join(folder, '.env'), envOf(folder).replace('first', 'second').replace('mail.', 'post.'))
    writeFileSync(join(folder, '.env'), `${envOf(folder)}CONSOLE_KEY=${textsOf(folder).CONSOLE_KEY}\n`)
    expect(run(folder).stdout.split('\n').slice(1)).toEqual([
      'The files have what these lines of .env say, which Compose passes on no more; delete them: CONSOLE_KEY.',
      'The files, which count, say something else than these lines of .env; decide: SMTP_URL, RABBITMQ_PASSWORD.',
      '',
    ])
    expect(textsOf(folder)).toMatchObject({
      RABBITMQ_URL: 'amqp://supergraph:first@rabbitmq:5672',
      SMTP_URL: 'smtp://mail.shop.example',
    })
  })

  it('writes into the folder that .env names', () => {
    const folder = install('SECRETS_DIR=kept/elsewhere\n')
    expect(run(folder).status).toBe(0)
    expect(textsOf(folder, 'kept/elsewhere')).toHaveProperty('LINK_KEYS')
    expect(existsSync(join(folder, 'secrets'))).toBe(false)
    expect(envOf(folder)).not.toContain('./secrets')
  })

  it('writes nothing into a folder that others can enter, or that can not be written', () => {
    const open = install()
    mkdirSync(join(open, 'secrets'))
    chmodSync(join(open, 'secrets'), 0o755)
    expect(run(open)).toMatchObject({
      status: 1,
      stderr:
        'every user of this machine could read the secrets in ./secrets: close it first, with chmod 700 ./secrets\n',
    })
    expect(textsOf(open)).toEqual({})
    expect(existsSync(join(open, '.env'))).toBe(false)

    const folder = install('SECRETS_DIR=.env/secrets\n')
    expect(run(folder)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^\.env\/secrets or \.env can't be written \(ENOTDIR.*\): let this user write there, or put another folder into SECRETS_DIR of \.env\n$/,
      ),
    })
  })

  it('refuses to make one of two that must fit each other', () => {
    const lacks = (folder: string, lost: RegExp) =>
      expect(run(folder)).toMatchObject({ status: 1, stderr: expect.stringMatching(lost) })
    for (const [lost, kept] of [
      ['ORDERS_IDENTITY_KEY', 'GATEWAY_IDENTITY_KEY, IDENTITY_ISSUERS'],
      ['USERS_DB_PASSWORD', 'USERS_DATABASE_URL'],
      ['RABBITMQ_CONF', 'RABBITMQ_URL'],
    ] as const) {
      const folder = install()
      run(folder)
      rmSync(join(folder, 'secrets', lost))
      lacks(
        folder,
        new RegExp(`^./secrets lacks ${lost}, which must fit ${kept}: put back what was there, or delete`),
      )
      expect(existsSync(join(folder, 'secrets', lost))).toBe(false)
    }
    const { IDENTITY_ISSUERS } = parseEnv(run(install(), []).stdout)
    lacks(
      install(`IDENTITY_ISSUERS=${IDENTITY_ISSUERS}\n`),
      /lacks ORDERS_IDENTITY_KEY, GATEWAY_IDENTITY_KEY, which must fit IDENTITY_ISSUERS/,
    )
  })

  it('makes what --next can replace, by the file of the public keys', () => {
    const folder = install()
    run(folder)
    const next = spawnSync(process.execPath, [command, '--next', 'gateway'], {
      encoding: 'utf8',
      env: { ...process.env, IDENTITY_ISSUERS_FILE: join(folder, 'secrets/IDENTITY_ISSUERS') },
    })
    const now = identityIssuers.parse(textsOf(folder).IDENTITY_ISSUERS)
    const [, both] = /^IDENTITY_ISSUERS=(.*)$/m.exec(next.stdout) ?? []
    expect(identityIssuers.parse(both)).toMatchObject({
      ...now,
      gateway: [...(now.gateway ?? []), expect.anything()],
    })
    expect(run(folder, ['--next', 'gateway', '--files'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^--next prints and --files writes/),
    })
  })
})
