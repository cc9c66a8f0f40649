import { Client, escapeIdentifier, escapeLiteral } from 'pg'

/**
 * Makes sure that database `name` exists and that role `name` with this password owns it. No other role can connect to the
 * database, superusers aside, and the role can connect to no other database. Calling it again sets the password anew.
 * Returns the role's postgres:// URL.
 */
export const ensureOwnedDatabase = (superuserUrl: string, name: string, password: string): Promise<string> =>
  withSession(superuserUrl, async session => {
    const [role, secret] = [escapeIdentifier(name), escapeLiteral(password)]
    // n.b. one call at a time, whatever the name: every call writes the rows of postgres and template1
    await session.query('select pg_advisory_lock($1)', [ensureKey])
    const { rows } = await session.query(
      `select exists (select from pg_roles where rolname = $1) as "hasRole",
              exists (select from pg_database where datname = $1) as "hasDatabase"`,
      [name],
    )
    await session.query(`${rows[0]?.hasRole ? 'alter' : 'create'} role ${role} login password ${secret}`)
    await session.query(
      rows[0]?.hasDatabase
        ? `alter database ${role} owner to ${role}`
        : `create database ${role} owner ${role}`,
    )
    await session.query(`revoke connect, temporary on database ${role}, postgres, template1 from public`)
    return urlOf(superuserUrl, name, password)
  })

const ensureKey = 7_305_805_643

async function withSession<Result>(url: string, use: (session: Client) => Promise<Result>): Promise<Result> {
  const session = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await session.connect()
  try {
    return await use(session)
  } finally {
    await session.end()
  }
}

/** The URL of database `name` on a superuser's server, for the role that owns it. */
export function urlOf(superuserUrl: string, name: string, password: string): string {
  const url = new URL(superuserUrl)
  url.username = encodeURIComponent(name)
  url.password = encodeURIComponent(password)
  url.pathname = `/${encodeURIComponent(name)}`
  return url.href
}
