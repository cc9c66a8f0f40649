// n.b. @types/negotiator does not know `preferred`, which decides between encodings that a client likes equally
declare module 'negotiator' {
  export default class Negotiator {
    constructor(request: {
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
    })
    /** What the client wants most of what is available. */
    mediaType(available: readonly string[]): string | undefined
    encoding(
      available: readonly string[],
      options: { readonly preferred: readonly string[] },
    ): string | undefined
  }
}
