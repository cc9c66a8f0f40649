/** What the rotation of signing keys depends on. */
type DatedKey = { readonly createdAt: Date }

const signsForMs = 30 * 24 * 60 * 60 * 1_000
// n.b. jose fetches a JWKS again for an unknown kid, but not within 30 s of the last time: a key must have been
// published for longer before it signs
const publishedBeforeMs = 60_000
// n.b. 1 min until the next key signs, 10 min until the last token of this key expires, and 4 min for clocks and caches
const outlivesNextByMs = 15 * 60 * 1_000

/** When a key begins to sign, if another key can sign until then. */
export const signsFrom = ({ createdAt }: DatedKey): Date => new Date(createdAt.getTime() + publishedBeforeMs)

/** The key that signs now, of keys newest first: the newest that has been published for a minute, or else the oldest. */
export const signingKeyAt = <Key extends DatedKey>(keys: readonly Key[], now: Date): Key | undefined =>
  keys.find(key => signsFrom(key) <= now) ?? keys.at(-1)

/** Whether it is time to make the next key: there is none, or the newest is 30 days old. */
export const isRotationDue = ([newest]: readonly DatedKey[], now: Date): boolean =>
  newest === undefined || now.getTime() - newest.createdAt.getTime() >= signsForMs

/** The keys, of keys newest first, that a token which has not expired may be signed with. */
export const livingKeys = <Key extends DatedKey>(keys: readonly Key[], now: Date): readonly Key[] =>
  keys.filter((_, index) => {
    const next = keys[index - 1]
    return next === undefined || now.getTime() - next.createdAt.getTime() < outlivesNextByMs
  })
