import { writeGenerated } from '../schema/generated-files.ts'
import { readDeclarations } from './declarations.ts'
import { createPrivacyPage } from './privacy-page.ts'

writeGenerated({ 'docs/privacy.md': createPrivacyPage(await readDeclarations()) }, { command: 'privacy' })
