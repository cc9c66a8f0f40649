import { type DatabasePrivacy, migrationsPrivacy, personalUnexported } from '@supergraph/postgres/privacy.ts'

/** What the database of the registry tells of people: of customers nothing, of developers who wrote a version. */
export const privacy: DatabasePrivacy = {
  ...migrationsPrivacy,
  checks: { notPersonal: 'id graph variant subgraph created_at outcome' },
  documents: { notPersonal: 'hash text' },
  event_documents: { notPersonal: 'graph variant commit documents pushed_at published_at' },
  graphs: { notPersonal: 'name created_at' },
  keys: { notPersonal: 'id graph role note hash created_at revoked_at' },
  operation_uses: { notPersonal: 'graph variant day operation client_name client_version requests' },
  operations: { notPersonal: 'graph id name body recorded_at' },
  seen_operations: { notPersonal: 'graph hash name signature last_day' },
  variants: { notPersonal: 'graph name latest_version served_version' },
  version_subgraphs: { notPersonal: 'graph variant number name url sdl updated_at' },
  versions: {
    personal: {
      author: personalUnexported('which developer wrote the commit', 'for ever', 'kept: no customer has it'),
      message: personalUnexported("the commit's message", 'for ever', 'kept: no customer has it'),
    },
    notPersonal: 'graph variant number created_at change federation supergraph api errors shares',
  },
}
