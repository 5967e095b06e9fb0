import t from 'tap'
import { root, runCommand } from '../tools/command.ts'
import { skipWithout } from '../tools/services.ts'

// A part of the short run of `npm run faults -- coordination`: faults of each kind once, and the positive controls.
const FAULTS = ['F1', 'F3', 'F5', 'F7', 'F8', 'F10', 'F13', 'F14', 'F17']

t.test('coordinators on a real redis-server keep their word under faults of every kind, and the mistaken are convicted', async (t) => {
  if (await skipWithout(t, 'redis-server')) return
  const { code, stdout } = await runCommand(process.execPath, ['--conditions=plimsoll:source', 'test/faults/coordination.ts', '--seed', '7', '--only', FAULTS.join(',')], { cwd: root, timeout: 300_000 })
  for (const line of stdout.trim().split('\n')) t.comment(line)
  t.match(stdout, /coordination: seed 7, 9 rounds, \d+ operations, 0 violations, 4 of 4 controls convicted/)
  t.equal(code, 0)
})
