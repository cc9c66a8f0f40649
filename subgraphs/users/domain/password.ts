const shortest = 10
const longest = 200

/** Whether an account may have this password: 10 to 200 characters, of any kind. */
export const isAcceptablePassword = (password: string): boolean => {
  const characters = [...password].length
  return characters >= shortest && characters <= longest
}
