import t from 'tap'
import { root, runCommand } from '../tools/command.ts'
import { skipWithout } from '../tools/services.ts'

// The short run of `npm run faults -- coordination`: every fault once, and the positive controls.

t.test('coordinators on a real redis-server keep their word under every fault, and the mistaken are convicted', async (t) => {
  if (await skipWithout(t, 'redis-server')) return
  const { code, stdout } = await runCommand(process.execPath, ['--conditions=plimsoll:source', 'test/faults/coordination.ts', '--seed', '7'], { cwd: root, timeout: 300_000 })
  for (const line of stdout.trim().split('\n')) t.comment(line)
  t.match(stdout, /coordination: seed 7, \d+ rounds, \d+ operations, 0 violations, 4 of 4 controls convicted/)
  t.equal(code, 0)
})
