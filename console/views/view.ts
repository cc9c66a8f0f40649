import { BadRequest } from '@supergraph/runtime/request-body.ts'
import { z } from 'zod'
import type { Visitor } from '../visitor.ts'

/** What stands at an address: the data of a page. */
export type View = {
  /** Its first group is the id of what the page is about. */
  readonly path: RegExp
  /** What is there now; undefined if there is nothing. */
  readonly read: (id: string, query: URLSearchParams, visitor: Visitor) => Promise<unknown>
  /** The type of what it gives if that is a text for other tools, which has no page. */
  readonly mediaType?: string
  /** What a browser that opens that text lets it do, if not nothing; it also says who may frame it. */
  readonly policy?: string
  /** How often a page that shows it hears of changes at least, if not every 10 s. */
  readonly everyMs?: number
  /** The name of the file as which the data is saved, if it is. */
  readonly fileName?: (id: string) => string
}

/** Something that a visitor wants done; it is written to the audit log before `perform` does it. */
export type Prepared = {
  readonly act: string
  /** What it is done to, in words. */
  readonly about: string
  readonly reason: string
  readonly details: object
  /** Does it; `outcome` says in words what was done. */
  readonly perform: (visitor: Visitor) => Promise<Done>
}

/** What the page is told of an act. */
export type Done = { readonly outcome: string }

/** What a page can do, by POST. */
export type Act = {
  /** Its first group is the id of what the act is about. */
  readonly path: RegExp
  /** Reads what is to be done; throws BadRequest if that can't be read. */
  readonly prepare: (body: unknown, id: string) => Prepared
}

/** Why an act is done, which each act must be told. */
export const reason = z.string().trim().min(1, { error: 'say why' }).max(500)

/** Parses the body of an act, or throws BadRequest with what is wrong. */
export const parseAct = <S extends z.ZodType>(schema: S, body: unknown): z.output<S> => {
  const { data, error } = schema.safeParse(body)
  if (error !== undefined) throw new BadRequest(400, z.prettifyError(error))
  return data
}
