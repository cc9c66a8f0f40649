/** The values of an operation's variables. */
export type Values = Readonly<Record<string, unknown>>

/** A number, or what gives it for an operation's variables. */
export type Amount = number | ((variables: Values) => number)

/** The number that an amount is for these variables. */
export const evaluate = (amount: Amount, variables: Values): number =>
  typeof amount === 'number' ? amount : amount(variables)

/** All amounts together. What is known without variables is added up once. */
export const sum = (amounts: readonly Amount[]): Amount => {
  const varying = amounts.filter(amount => typeof amount === 'function')
  const fixed = amounts.reduce<number>(
    (total, amount) => total + (typeof amount === 'number' ? amount : 0),
    0,
  )
  if (varying.length === 0) return fixed
  return variables => varying.reduce((total, amount) => total + amount(variables), fixed)
}

/** One amount times another. */
export const times = (one: Amount, other: Amount): Amount => {
  if (one === 0 || other === 0) return 0
  if (one === 1) return other
  if (other === 1) return one
  return typeof one === 'number' && typeof other === 'number'
    ? one * other
    : variables => evaluate(one, variables) * evaluate(other, variables)
}

/** The greatest of some amounts. */
export const greatest = (amounts: readonly Amount[]): Amount => {
  if (amounts.every(amount => typeof amount === 'number')) return Math.max(...amounts)
  return variables => Math.max(...amounts.map(amount => evaluate(amount, variables)))
}
