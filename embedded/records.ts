/** A record with an entry for each item; the type of its keys is what `keyOf` may give. */
export const recordOf = <Item, Key extends string, Value>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
  valueFor: (item: Item) => Value,
): Readonly<Record<Key, Value>> => {
  const record: Partial<Record<Key, Value>> = {}
  for (const item of items) record[keyOf(item)] = valueFor(item)
  if (isComplete(record, items.map(keyOf))) return record
  throw new Error('a key has no value')
}

const isComplete = <Key extends string, Value>(
  record: Partial<Record<Key, Value>>,
  keys: readonly Key[],
): record is Record<Key, Value> => keys.every(key => key in record)
