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
  return name === undefined || generator.hasFailed() ? undefined : compile(generator.code(), name)
}

const compile = (code: readonly string[], name: string): WriteJson => {
  const text = `"use strict";${code.join('\n')}\nreturn ${name};`
  return new Function('text', 'fail', text)(textOf, fail)
}

const fail = (): never => {
  throw irregular
}

const longText = 64

/** A string as JSON; short ones without anything to escape are looked through faster than JSON.stringify does. */
export const textOf = (value: string): string => {
  const { length } = value
  if (length > longText) return JSON.stringify(value)
  for (let index = 0; index < length; index += 1) {
    const code = value.charCodeAt(index)
    if (code < 32 || code === 34 || code === 92 || code > 0xd7ff) return JSON.stringify(value)
  }
  return `"${value}"`
}

const createGenerator = (schema: GraphQLSchema) => {
  const functions: string[] = []
  const names = new Map<ObjectShape, string>()
  let count = 0
  let isTooMuch = false

  const nameOf = (shape: ObjectShape, isRoot: boolean): string | undefined => {
    const known = names.get(shape)
    if (known !== undefined) return known
    if (names.size === maxShapes) {
      isTooMuch = true
      return undefined
    }
    const name = `object${names.size}`
    names.set(shape, name)
    const typeName = JSON.stringify(shape.type.name)
    const check = isRoot ? '' : `if(o.__typename!=null&&o.__typename!==${typeName})fail();`
    const fields = shape.fields.map((field, index) => writeField(shape.type, field, index))
    const reads = fields.map(({ read }) => read).join('')
    const text = fields.map(({ write }) => write).join('+')
    const missing = lacksType(shape) ? 'fail();' : ''
    functions.push(
      `function ${name}(o){${missing}if(o===null||typeof o!=="object"||Array.isArray(o))fail();${check}${reads}return "{"+${text === '' ? '""' : text}+"}";}`,
    )
    return name
  }

  const writeField = (parent: ShapedType, field: FieldShape, index: number) => {
    const label = JSON.stringify(`${index === 0 ? '' : ','}${JSON.stringify(field.key)}:`)
    if (field.kind === 'typename')
      return { read: '', write: `${label}+${JSON.stringify(JSON.stringify(parent.name))}` }
    if (field.kind === 'introspection' || naturalKeys.has(field.source)) {
      isTooMuch = true
      return { read: '', write: '""' }
    }
    const variable = `v${index}`
    return {
      read: `const ${variable}=o[${JSON.stringify(field.source)}];`,
      write: `${label}+${writeValue(field.type, field, variable)}`,
    }
  }

  const writeValue = (type: GraphQLOutputType, field: ValueShape, value: string): string =>
    isNonNullType(type)
      ? writePresent(type.ofType, field, value)
      : `(${value}===null||${value}===undefined?"null":${writePresent(type, field, value)})`

  const writePresent = (type: GraphQLOutputType, field: ValueShape, value: string): string => {
    if (isNonNullType(type)) return writePresent(type.ofType, field, value)
    if (isListType(type)) return `${listName(type.ofType, field)}(${value})`
    if (isCompositeType(type)) {
      const { shapeOf } = field
      if (shapeOf === undefined) return 'fail()'
      if (isObjectType(type)) return `${nameOf(shapeOf(type), false)}(${value})`
      const cases = typesOf(schema, type).map(each => {
        const names = each === type ? 'case undefined:case null:' : ''
        return `${names}case ${JSON.stringify(each.name)}:return ${nameOf(shapeOf(each), false)}(o);`
      })
      count += 1
      functions.push(
        `function abstract${count}(o){if(o===null||typeof o!=="object")fail();switch(o.__typename){${cases.join('')}default:fail();}}`,
      )
      return `abstract${count}(${value})`
    }
    return writeLeaf(type, value)
  }

  const listName = (type: GraphQLOutputType, field: ValueShape): string => {
    const each = writeValue(type, field, 'x')
    count += 1
    const name = `list${count}`
    functions.push(
      `function ${name}(a){if(!Array.isArray(a))fail();const n=a.length;if(n===0)return "[]";let x=a[0];let s="["+${each};for(let i=1;i<n;i++){x=a[i];s+=","+${each};}return s+"]";}`,
    )
    return name
  }

  const writeLeaf = (type: GraphQLLeafType, value: string): string => {
    if (isEnumType(type)) {
      count += 1
      const known = type.getValues().map(each => [each.name, JSON.stringify(each.name)])
      functions.push(
        `const enum${count}=new Map(${JSON.stringify(known)});function enumText${count}(v){const t=enum${count}.get(v);return t===undefined?fail():t;}`,
      )
      return `enumText${count}(${value})`
    }
    switch (type.name) {
      case 'ID':
      case 'String':
        return `(typeof ${value}==="string"?text(${value}):fail())`
      case 'Int':
        return `(Number.isInteger(${value})?""+${value}:fail())`
      case 'Float':
        return `(Number.isFinite(${value})?JSON.stringify(${value}):fail())`
      case 'Boolean':
        return `(${value}===true?"true":${value}===false?"false":fail())`
      default:
        return `(${value}===null||${value}===undefined?fail():typeof ${value}==="string"?text(${value}):JSON.stringify(${value}))`
    }
  }

  return { nameOf, code: () => functions, hasFailed: () => isTooMuch }
}

type ValueShape = Pick<Extract<FieldShape, { readonly kind: 'field' }>, 'shapeOf'>
