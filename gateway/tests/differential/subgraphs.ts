import { buildSubgraphSchema } from '@apollo/subgraph'
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  isObjectType,
  Kind,
  parse,
} from 'graphql'
import { createEntities, type Entities } from './entities.ts'
import { type FabricatedError, type Fabrication, fabricateOrNull, placeOf } from './fabrication.ts'
import { type Mischief, outageOf } from './mischief.ts'
import { fragmentsIn } from './selecting.ts'

/** What a subgraph is asked. */
export type Asked = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> }

/** What a subgraph answers, right or wrong. */
export type RawAnswer = { readonly data?: unknown; readonly errors?: readonly FabricatedError[] }

/** Subgraphs that make up their answers: equal questions have equal answers, whoever asks. */
export type FabricatedSubgraphs = {
  readonly names: readonly string[]
  readonly ask: (subgraph: string, asked: Asked, mischief: Mischief) => RawAnswer
}

type Subgraph = Pick<Fabrication, 'subgraph' | 'schema' | 'entities' | 'requirements'>

const knownDocuments = 5_000

/** Makes subgraphs of these SDLs, which compose to a graph that clients see as `apiSchema`. */
export const createFabricatedSubgraphs = (
  sdls: Readonly<Record<string, string>>,
  apiSchema: GraphQLSchema,
): FabricatedSubgraphs => {
  const documents = Object.values(sdls).map(sdl => parse(sdl))
  const entities = createEntities(apiSchema, new Set(documents.flatMap(entityTypesOf)))
  const subgraphs = new Map(
    Object.entries(sdls).map(([name, sdl]) => [name, readSubgraph(name, parse(sdl), entities)]),
  )
  const parsed = new Map<string, DocumentNode>()
  const parseOnce = (query: string): DocumentNode => {
    const document = parsed.get(query) ?? parse(query, { noLocation: true })
    if (parsed.size > knownDocuments) parsed.clear()
    parsed.set(query, document)
    return document
  }
  return {
    names: [...subgraphs.keys()],
    ask: (name, { query, variables }, mischief) => {
      const subgraph = subgraphs.get(name)
      if (subgraph === undefined) throw new Error(`there is no subgraph ${name}`)
      return answer(subgraph, parseOnce(query), variables, mischief)
    },
  }
}

const entityTypesOf = (sdl: DocumentNode): readonly string[] =>
  sdl.definitions.flatMap(definition =>
    'directives' in definition &&
    definition.directives?.some(({ name }) => name.value === 'key') &&
    'name' in definition
      ? (definition.name?.value ?? [])
      : [],
  )

const readSubgraph = (subgraph: string, sdl: DocumentNode, entities: Entities): Subgraph => {
  const requirements = new Map<string, readonly string[]>()
  for (const definition of sdl.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION)
      continue
    for (const { name, directives = [] } of definition.fields ?? []) {
      const required = directives.find(directive => directive.name.value === 'requires')?.arguments?.[0]
        ?.value
      if (required?.kind !== Kind.STRING) continue
      const [operation] = parse(`{ ${required.value} }`).definitions
      const selections =
        operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections : []
      const names = selections.flatMap(node => (node.kind === Kind.FIELD ? node.name.value : []))
      requirements.set(`${definition.name.value}.${name.value}`, names)
    }
  }
  return { subgraph, schema: buildSubgraphSchema({ typeDefs: sdl }), entities, requirements }
}

const answer = (
  subgraph: Subgraph,
  document: DocumentNode,
  given: Asked['variables'],
  mischief: Mischief,
): RawAnswer => {
  const outage = outageOf(mischief, subgraph.subgraph)
  if (outage === 'no data') return { data: null, errors: [whole(`${subgraph.subgraph} has no data`)] }
  if (outage === 'empty') return { data: {} }
  if (outage === 'down') return { data: null, errors: [whole(`${subgraph.subgraph} is down`)] }
  const operation = document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION)
  if (operation === undefined) throw new Error('there is no operation')
  const { coerced, errors } = getVariableValues(subgraph.schema, operation.variableDefinitions ?? [], given)
  if (coerced === undefined) throw new AggregateError(errors, `${subgraph.subgraph} got bad variables`)
  const made: Fabrication = {
    ...subgraph,
    fragments: fragmentsIn(document),
    variables: coerced,
    mischief,
    errors: [],
  }
  const data: Record<string, unknown> = {}
  const others = []
  for (const selection of operation.selectionSet.selections) {
    if (selection.kind !== Kind.FIELD || selection.name.value !== '_entities') others.push(selection)
    else data[selection.alias?.value ?? '_entities'] = answerEntities(made, selection, outage)
  }
  const type = subgraph.schema.getRootType(operation.operation)
  const root = { type: type?.name ?? 'Query', place: 'root', entity: undefined }
  const rest =
    others.length === 0
      ? {}
      : fabricateOrNull(made, root, [{ ...operation.selectionSet, selections: others }], [])
  const answered = rest === null ? null : { ...data, ...rest }
  return made.errors.length === 0 ? { data: answered } : { data: answered, errors: made.errors }
}

const whole = (message: string): FabricatedError => ({
  message,
  extensions: { code: 'SERVICE_UNAVAILABLE' },
})

const answerEntities = (
  made: Fabrication,
  field: FieldNode,
  outage: ReturnType<typeof outageOf>,
): unknown => {
  if (outage === 'no list') return { wrong: true }
  const entitiesField = made.schema.getQueryType()?.getFields()._entities
  const { representations } =
    entitiesField === undefined ? {} : getArgumentValues(entitiesField, field, made.variables)
  if (!Array.isArray(representations)) throw new Error('there are no representations')
  const key = field.alias?.value ?? '_entities'
  const entities = representations.map((representation, index) =>
    answerEntity(made, field, representation, [key, index]),
  )
  if (outage === 'too few') return entities.slice(1)
  return outage === 'too many' ? [...entities, null] : entities
}

const answerEntity = (
  made: Fabrication,
  { selectionSet }: FieldNode,
  representation: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
): unknown => {
  const entity = made.entities.find(representation)
  if (entity === undefined || selectionSet === undefined) return null
  const named = String(representation.__typename)
  const type = isObjectType(made.schema.getType(named)) ? named : made.entities.typeOf(entity)
  if (!isObjectType(made.schema.getType(type))) return null
  return fabricateOrNull(made, { type, entity, place: placeOf(entity), representation }, [selectionSet], path)
}
