import { join } from 'node:path'
import type { FaultSwitch } from '@supergraph/runtime/faults/switch.ts'
import type { DataSource } from 'typeorm'
import { readTraffic } from '../database/flow-reads.ts'
import { readLatestLines } from '../database/log-store.ts'
import type { MapView } from '../pages/views.ts'
import type { SystemMap } from '../system-map.ts'
import { faultsOnMap } from './faults.ts'
import type { View } from './view.ts'

const windows = [1, 5, 60]
const shownLines = 20

/** The view of the map, also with a part's entry open. */
export const createMapView = (
  database: DataSource,
  map: SystemMap,
  { opensFiles, faults }: { readonly opensFiles: boolean; readonly faults: FaultSwitch | undefined },
): View => ({
  path: /^\/map(?:\/([\w.-]+))?$/,
  read: async (id, query): Promise<MapView | undefined> => {
    if (id !== '' && !map.parts.some(part => part.id === id)) return undefined
    const minutes = windows.find(window => String(window) === query.get('minutes')) ?? 5
    const folder = opensFiles ? join(import.meta.dirname, '../..') : null
    const [traffic, lines] = await Promise.all([
      readTraffic(database, minutes),
      id === '' ? [] : readLatestLines(database, id, shownLines),
    ])
    return { ...map, traffic, lines, minutes, folder, faults: faultsOnMap(faults, map) }
  },
})
