import type { IncomingMessage } from 'node:http'

/** What stands at an address: the data of a page. */
export type View = {
  /** Its first group is the id of what the page is about. */
  readonly path: RegExp
  /** What is there now; undefined if there is nothing. */
  readonly read: (id: string, query: URLSearchParams) => Promise<unknown>
  /** The type of what it gives if that is a text for other tools, which has no page. */
  readonly mediaType?: string
  /** How often a page that shows it hears of changes at least, if not every 10 s. */
  readonly everyMs?: number
  /** The name of the file as which the data is saved, if it is. */
  readonly fileName?: (id: string) => string
}

/** What a page can do, by POST. */
export type Act = {
  readonly path: RegExp
  /** Does it, and returns what the page is told. */
  readonly run: (request: IncomingMessage) => Promise<object>
}
