import { globSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

const root = join(import.meta.dirname, '..')

// A file that no test imports is not in the coverage report at all, so the gate would not miss it.
t.test('every source file is loaded, so that the coverage gate sees it', async (t) => {
  for (const file of globSync('{core,plugins/*}/src/**/*.ts', { cwd: root }).sort()) {
    await t.resolves(import(pathToFileURL(join(root, file)).href), file)
  }
})
