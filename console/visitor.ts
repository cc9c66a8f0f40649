/** Who looks at the console. */
export type Visitor = {
  /** An e-mail address, or what stands for one. */
  readonly who: string
  readonly role: string
  readonly mayAct: boolean
  /** With which the shop is asked in the visitor's name; undefined lets the console's own account ask. */
  readonly accessToken: string | undefined
}

/** Whoever is on the machine of a developer. */
export const developer: Visitor = {
  who: 'this machine',
  role: 'development',
  mayAct: true,
  accessToken: undefined,
}

/** Who shows CONSOLE_KEY. n.b. the key says nothing about the person, and so acts on nothing. */
export const keyHolder: Visitor = { who: 'CONSOLE_KEY', role: 'key', mayAct: false, accessToken: undefined }
