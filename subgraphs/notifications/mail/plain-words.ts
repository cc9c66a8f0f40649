/**
 * A text that a customer wrote, so that no mail program makes a link of it: a space stands after each colon and dot that a
 * link would need.
 */
export const withoutLinks = (text: string): string =>
  text
    .replaceAll(invisible, '')
    .replaceAll(/:(?=[/\\]{2})|:(?=\S*@)/g, ': ')
    .replaceAll(/(?<=\S)[.\u2024\u3002\uFF0E\uFF61](?=[\u200C\u200D]*\p{N}*\p{L})/gu, '$& ')

// n.b. soft hyphens, zero-width spaces and marks of direction; joiners belong to names and emoji
const invisible = /[\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g

/**
 * The name that an e-mail greets its reader by, or undefined if the text looks like a link, an address or a telephone number
 * rather than a name: anyone can open an account with anyone's e-mail address.
 */
export const greetingName = (name: string): string | undefined => {
  const isName = !/[/\\@:<>[\]{}|=#%]|\bwww\b/iu.test(name) && !/(\p{Nd}[\s().-]*){7}/u.test(name)
  return isName ? withoutLinks(name) : undefined
}
