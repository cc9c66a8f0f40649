import { writeGenerated } from '../schema/generated-files.ts'
import { readDescriptions } from './descriptions.ts'
import { createSettingsPage } from './settings-page.ts'

writeGenerated({ 'docs/settings.md': createSettingsPage(await readDescriptions()) }, { command: 'settings' })
