import { writeGenerated } from '../schema/generated-files.ts'
import { createMapPage } from './map-page.ts'
import { createSystemMap } from './system-model.ts'

const map = await createSystemMap()
writeGenerated(
  { 'console/generated/system.json': `${JSON.stringify(map, null, 1)}\n`, 'docs/map.md': createMapPage(map) },
  { command: 'map' },
)
