// Records one trace, named by its kind, and writes it where the tests look for it.
import { writeFileSync } from 'node:fs'
import { encodeRecording, fileOf } from '../../../plugins/alerts/test/traces/recording.ts'
import { KINDS } from './kinds.ts'
import { RecordedShop } from './recorded-shop.ts'

const [kind = ''] = process.argv.slice(2)
const { fires, may, rules, play } = KINDS[kind] ?? {}
if (play === undefined || may === undefined) throw new Error(`there is no trace ${kind}`)
const shop = await RecordedShop.build()
await play(shop)
const { frames, fault } = await shop.close()
const incident = fires === undefined || fault === undefined ? undefined : { also: [], ...fires, ...fault }
const bytes = encodeRecording({ kind, incident, may, ...(rules && { rules }) }, frames)
writeFileSync(fileOf(kind), bytes)
console.log(`${kind}: ${frames.length} frames, ${(bytes.length / 1024).toFixed(1)} KiB`)
process.exit()
