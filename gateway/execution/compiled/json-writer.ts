import {
  type GraphQLLeafType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { type FieldShape, lacksType, type ObjectShape, type ShapedType, typesOf } from './shape.ts'

/** Writes data in the shape of an answer as JSON text; throws Irregular if the data are not of their types. */
export type WriteJson = (data: unknown) => string

/** Data are not of their types, or null in a place that may not be null. */
export class Irregular extends Error {}

// n.b. one object for all, without a stack: it is thrown for each answer in which a subgraph does not answer
const irregular = new Irregular('the data are not of their types')

const maxShapes = 500
// n.b. what every object has by nature would be read as if it had come
const naturalKeys = new Set(Object.getOwnPropertyNames(Object.prototype))

/**
 * Generates the code that writes the answer of an operation; undefined for what only `complete` can write: introspection,
 * keys such as `__proto__`, and operations of more than 500 shapes.
 */
export const generateJsonWriter = (schema: GraphQLSchema, root: ObjectShape): WriteJson | undefined => {
  const generator = createGenerator(schema)
  const name = generator.nameOf(root, true)
  return generator.hasFailed() ? undefined : compile(generator.code(), name)
}

const compile = (code: readonly string[], name: string): WriteJson => {
  const text = `"use strict";${code.join('\n')}\nreturn ${name};`
  return new Function('inside', 'text', 'fail', text)(insideOf, textOf, fail)
}

const fail = (): never => {
  throw irregular
}

const longText = 64

/** A string as JSON. */
export const textOf = (value: string): string => `"${insideOf(value)}"`

/** What a string as JSON has between its quotes; short ones without anything to escape are looked through faster than JSON.stringify does. */
const insideOf = (value: string): string => {
  const { length } = value
  if (length > longText) return escaped(value)
  for (let index = 0; index < length; index += 1) {
    const code = value.charCodeAt(index)
    if (code < 32 || code === 34 || code === 92 || code > 0xd7ff) return escaped(value)
  }
  return value
}

const escaped = (value: string): string => JSON.stringify(value).slice(1, -1)

/** A part of the text that is written: as it stands, or the code of an expression. */
type Piece = { readonly text: string } | { readonly code: string }

/** What writes something: the statements that read it and check it, and the pieces of its text. */
type Writing = { readonly read: string; readonly pieces: readonly Piece[] }

// n.b. V8 does not optimize a function of more than 60 KB of byte code, of which a field takes some hundreds of bytes
const maxFieldsOfFunction = 60

/** Joins pieces to an expression. n.b. each `+` takes time, and so quotes and braces are parts of the texts beside them */
const joined = (pieces: readonly Piece[]): string => {
  const parts: string[] = []
  let text = ''
  const endText = () => {
    if (text !== '') parts.push(JSON.stringify(text))
    text = ''
  }
  for (const piece of pieces) {
    if ('text' in piece) text += piece.text
    else {
      endText()
      parts.push(piece.code)
    }
  }
  endText()
  return parts.join('+')
}

const createGenerator = (schema: GraphQLSchema) => {
  const functions: string[] = []
  const names = new Map<ObjectShape, string>()
  let shapes = 0
  let variables = 0
  let count = 0
  let isTooMuch = false

  const newVariable = (): string => {
    variables += 1
    return `v${variables}`
  }

  const nameOf = (shape: ObjectShape, isRoot: boolean): string => {
    const known = names.get(shape)
    if (known !== undefined) return known
    const name = `object${names.size}`
    names.set(shape, name)
    const { read, pieces } = writeObject(shape, 'o', { isRoot, room: { left: maxFieldsOfFunction } })
    functions.push(`function ${name}(o){${read}return ${joined(pieces)};}`)
    return name
  }

  const writeObject = (
    shape: ObjectShape,
    value: string,
    { isRoot, room }: { readonly isRoot: boolean; readonly room: Room },
  ): Writing => {
    shapes += 1
    if (shapes > maxShapes) {
      isTooMuch = true
      return nothing
    }
    room.left -= shape.fields.length
    const typeName = JSON.stringify(shape.type.name)
    const check = isRoot ? '' : `if(${value}.__typename!=null&&${value}.__typename!==${typeName})fail();`
    const missing = lacksType(shape) ? 'fail();' : ''
    const fields = shape.fields.map((field, index) => writeField(shape.type, field, { index, value, room }))
    return {
      read: `${missing}if(${value}===null||typeof ${value}!=="object"||Array.isArray(${value}))fail();${check}${fields.map(({ read }) => read).join('')}`,
      pieces: [{ text: '{' }, ...fields.flatMap(({ pieces }) => pieces), { text: '}' }],
    }
  }

  const writeField = (
    parent: ShapedType,
    field: FieldShape,
    { index, value, room }: { readonly index: number; readonly value: string; readonly room: Room },
  ): Writing => {
    const label = { text: `${index === 0 ? '' : ','}${JSON.stringify(field.key)}:` }
    if (field.kind === 'typename') return { read: '', pieces: [label, { text: JSON.stringify(parent.name) }] }
    if (field.kind === 'introspection' || naturalKeys.has(field.source)) {
      isTooMuch = true
      return nothing
    }
    const variable = newVariable()
    const { read, pieces } = writeValue(field.type, field, { value: variable, room })
    return {
      read: `const ${variable}=${value}[${JSON.stringify(field.source)}];${read}`,
      pieces: [label, ...pieces],
    }
  }

  const writeValue = (
    type: GraphQLOutputType,
    field: ValueShape,
    { value, room }: { readonly value: string; readonly room: Room },
  ): Writing => {
    if (isNonNullType(type)) {
      const { ofType } = type
      return isObjectType(ofType) && field.shapeOf !== undefined && room.left > 0
        ? writeObject(field.shapeOf(ofType), value, { isRoot: false, room })
        : { read: '', pieces: writePresent(ofType, field, value) }
    }
    const present = joined(writePresent(type, field, value))
    return { read: '', pieces: [{ code: `(${value}===null||${value}===undefined?"null":${present})` }] }
  }

  const writePresent = (type: GraphQLOutputType, field: ValueShape, value: string): readonly Piece[] => {
    if (isNonNullType(type)) return writePresent(type.ofType, field, value)
    if (isListType(type)) return [{ code: `${listName(type.ofType, field)}(${value})` }]
    if (!isCompositeType(type)) return writeLeaf(type, value)
    const { shapeOf } = field
    if (shapeOf === undefined) return [{ code: 'fail()' }]
    if (isObjectType(type)) return [{ code: `${nameOf(shapeOf(type), false)}(${value})` }]
    const cases = typesOf(schema, type).map(each => {
      const names = each === type ? 'case undefined:case null:' : ''
      return `${names}case ${JSON.stringify(each.name)}:return ${nameOf(shapeOf(each), false)}(o);`
    })
    count += 1
    functions.push(
      `function abstract${count}(o){if(o===null||typeof o!=="object")fail();switch(o.__typename){${cases.join('')}default:fail();}}`,
    )
    return [{ code: `abstract${count}(${value})` }]
  }

  const listName = (type: GraphQLOutputType, field: ValueShape): string => {
    const { read, pieces } = writeValue(type, field, { value: 'x', room: { left: maxFieldsOfFunction } })
    count += 1
    const name = `list${count}`
    functions.push(
      `function ${name}(a){if(!Array.isArray(a))fail();const n=a.length;let s="[";for(let i=0;i<n;i++){const x=a[i];${read}s+=(i===0?"":",")+${joined(pieces)};}return s+"]";}`,
    )
    return name
  }

  const writeLeaf = (type: GraphQLLeafType, value: string): readonly Piece[] => {
    const quote = { text: '"' }
    if (isEnumType(type)) {
      count += 1
      const known = type.getValues().map(each => [each.name, each.name])
      functions.push(
        `const enum${count}=new Map(${JSON.stringify(known)});function enumText${count}(v){const t=enum${count}.get(v);return t===undefined?fail():t;}`,
      )
      return [quote, { code: `enumText${count}(${value})` }, quote]
    }
    switch (type.name) {
      case 'ID':
      case 'String':
        return [quote, { code: `(typeof ${value}==="string"?inside(${value}):fail())` }, quote]
      case 'Int':
        return [{ code: `(Number.isInteger(${value})?""+${value}:fail())` }]
      case 'Float':
        return [{ code: `(Number.isFinite(${value})?JSON.stringify(${value}):fail())` }]
      case 'Boolean':
        return [{ code: `(${value}===true?"true":${value}===false?"false":fail())` }]
      default:
        return [
          {
            code: `(${value}===null||${value}===undefined?fail():typeof ${value}==="string"?text(${value}):JSON.stringify(${value}))`,
          },
        ]
    }
  }

  return { nameOf, code: () => functions, hasFailed: () => isTooMuch }
}

/** How many more fields a function may read. */
type Room = { left: number }

const nothing: Writing = { read: '', pieces: [] }

type ValueShape = Pick<Extract<FieldShape, { readonly kind: 'field' }>, 'shapeOf'>
