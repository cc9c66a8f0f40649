/** A failure that its message explains: whoever prints it leaves the stack out. */
export class ExpectedError extends Error {}
