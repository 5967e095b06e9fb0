import t from 'tap'
import { findCgroup } from '../../src/vitals/cgroup.ts'
import { CgroupCpu } from '../../src/vitals/cgroup-cpu.ts'
import { CgroupMemory } from '../../src/vitals/cgroup-memory.ts'
import { LIMITS_AGE, readSystemFile, statOf } from '../../src/vitals/system-files.ts'
import { cgroupFixture } from './cgroup-fixture.ts'

const MACHINE_BYTES = 8e9
const MACHINE_CORES = 4

const expected: ReadonlyArray<readonly [fixture: string, memory: object, cores: number]> = [
  ['v2-container', { limit: 536870912, limitedBy: 'cgroup', cgroup: { usage: 300000000, limit: 536870912 } }, 1.5],
  ['v2-parents', { limit: 1073741824, limitedBy: 'cgroup', cgroup: { usage: 850000000, limit: 1073741824 } }, 0.5],
  ['v2-max', { limit: MACHINE_BYTES, limitedBy: 'machine', cgroup: undefined }, MACHINE_CORES],
  ['v1-container', { limit: 268435456, limitedBy: 'cgroup', cgroup: { usage: 140000000, limit: 268435456 } }, 2],
  ['v1-unlimited', { limit: 1000000000, limitedBy: 'cgroup', cgroup: { usage: 0, limit: 1000000000 } }, MACHINE_CORES],
  ['v1-other-root', { limit: 123000000, limitedBy: 'cgroup', cgroup: { usage: 0, limit: 123000000 } }, 0.7],
  ['hybrid', { limit: 600000000, limitedBy: 'cgroup', cgroup: { usage: 150000000, limit: 600000000 } }, 0.5],
  ['hybrid-v2-controllers', { limit: 700000000, limitedBy: 'cgroup', cgroup: { usage: 350000000, limit: 700000000 } }, 1],
  ['path-not-mounted', { limit: 800000000, limitedBy: 'cgroup', cgroup: { usage: 80000000, limit: 800000000 } }, 4],
  ['outside-namespace', { limit: 900000000, limitedBy: 'cgroup', cgroup: { usage: 0, limit: 900000000 } }, MACHINE_CORES],
  ['none', { limit: MACHINE_BYTES, limitedBy: 'machine', cgroup: undefined }, MACHINE_CORES]
]

for (const [fixture, memory, cores] of expected) {
  t.test(`memory limit and cores of a process in ${fixture}`, async (t) => {
    const { read } = cgroupFixture(fixture)
    t.strictSame(new CgroupMemory(read, MACHINE_BYTES).sample(), memory)
    t.strictSame(new CgroupCpu(read, MACHINE_CORES).sample(), { available: cores, throttled: 0 }, 'throttling is of a window, and this is the first')
  })
}

t.test('a limit above the machine is none: it can never be reached', async (t) => {
  t.match(new CgroupMemory(cgroupFixture('v2-container').read, 5e8).sample(), { limit: 5e8, limitedBy: 'machine', cgroup: undefined })
  t.match(new CgroupCpu(cgroupFixture('v2-container').read, 1).sample(), { available: 1 })
})

t.test('of several limited cgroups the one nearest its limit is shown', async (t) => {
  const fixture = cgroupFixture('v2-parents')
  fixture.set('/sys/fs/cgroup/shop.slice/shop-api.service/memory.current', '2100000000')
  t.match(new CgroupMemory(fixture.read, MACHINE_BYTES).sample(), { limit: 1073741824, cgroup: { usage: 2100000000, limit: 2147483648 } })
})

t.test('limits that change under a running container are seen within 30 samples', async (t) => {
  const fixture = cgroupFixture('v2-container')
  const memory = new CgroupMemory(fixture.read, MACHINE_BYTES)
  const cpu = new CgroupCpu(fixture.read, MACHINE_CORES)
  const sampleOften = (): { limit: number, cores: number } => {
    for (let i = 1; i < LIMITS_AGE; i++) { memory.sample(); cpu.sample() }
    return { limit: memory.sample().limit, cores: cpu.sample().available }
  }
  memory.sample()
  cpu.sample()
  fixture.set('/sys/fs/cgroup/memory.max', '1000000000')
  fixture.set('/sys/fs/cgroup/cpu.max', '50000 100000')
  t.strictSame(sampleOften(), { limit: 1000000000, cores: 0.5 })
  fixture.set('/sys/fs/cgroup/memory.max', undefined)
  fixture.set('/sys/fs/cgroup/cpu.max', undefined)
  t.strictSame(sampleOften(), { limit: MACHINE_BYTES, cores: MACHINE_CORES })
})

t.test('where nothing is limited, hardly anything is read', async (t) => {
  const fixture = cgroupFixture('v2-max')
  let reads = 0
  const read = (path: string): string | undefined => { reads++; return fixture.read(path) }
  const memory = new CgroupMemory(read, MACHINE_BYTES)
  const cpu = new CgroupCpu(read, MACHINE_CORES)
  memory.sample()
  cpu.sample()
  const before = reads
  for (let i = 1; i < LIMITS_AGE; i++) { memory.sample(); cpu.sample() }
  t.equal(reads, before)
})

t.test('garbage in files is no limit', async (t) => {
  const fixture = cgroupFixture('v2-container')
  fixture.set('/sys/fs/cgroup/memory.max', 'what')
  fixture.set('/sys/fs/cgroup/cpu.max', '0 0')
  t.equal(new CgroupMemory(fixture.read, MACHINE_BYTES).sample().limitedBy, 'machine')
  t.equal(new CgroupCpu(fixture.read, MACHINE_CORES).sample().available, MACHINE_CORES)
  fixture.set('/sys/fs/cgroup/cpu.max', undefined)
  t.equal(new CgroupCpu(fixture.read, MACHINE_CORES).sample().available, MACHINE_CORES)
})

t.test('throttling is the share of the window\'s periods', async (t) => {
  for (const [name, file] of [['v2-container', '/sys/fs/cgroup/cpu.stat'], ['v1-container', '/sys/fs/cgroup/cpu,cpuacct/cpu.stat'], ['v2-parents', '/sys/fs/cgroup/shop.slice/cpu.stat']] as const) {
    const fixture = cgroupFixture(name)
    const cpu = new CgroupCpu(fixture.read, MACHINE_CORES)
    cpu.sample()
    const before = { periods: statOf(fixture.read(file), 'nr_periods'), throttled: statOf(fixture.read(file), 'nr_throttled') }
    fixture.set(file, `nr_periods ${before.periods + 10}\nnr_throttled ${before.throttled + 3}\n`)
    t.equal(cpu.sample().throttled, 0.3, name)
    t.equal(cpu.sample().throttled, 0, 'no period has passed')
    fixture.set(file, 'nr_periods 1\nnr_throttled 1\n')
    t.equal(cpu.sample().throttled, 0, 'counters that went back: another cgroup')
  }
})

t.test('a hierarchy without end is walked 16 levels up', async (t) => {
  const fixture = cgroupFixture('v2-max')
  const path = '/a'.repeat(100)
  fixture.set('/proc/self/cgroup', `0::${path}\n`)
  fixture.set(`/sys/fs/cgroup${path}/cgroup.controllers`, 'memory')
  t.equal(findCgroup(fixture.read, 'memory')?.directories.length, 16)
})

t.test('a version that is mounted but not joined is not ours', async (t) => {
  const fixture = cgroupFixture('v2-max')
  fixture.set('/proc/self/cgroup', 'garbage\n')
  t.equal(findCgroup(fixture.read, 'memory'), undefined)
  const v1 = cgroupFixture('hybrid')
  v1.set('/proc/self/cgroup', '0::/batch\n')
  t.equal(findCgroup(v1.read, 'memory')?.version, 2)
})

t.test('a number is read from the line that begins with its key', async (t) => {
  t.equal(statOf('total_inactive_file 9\ninactive_file 7\n', 'inactive_file'), 7)
  t.equal(statOf('inactive_file 7', 'inactive_file'), 7)
  t.equal(statOf('a 1\n', 'b'), 0)
  t.equal(statOf('b x\n', 'b'), 0)
  t.equal(statOf(undefined, 'b'), 0)
})

t.test('a file that is not there reads as undefined', async (t) => {
  t.equal(readSystemFile('/nowhere/at/all'), undefined)
  t.type(readSystemFile(new URL(import.meta.url).pathname), 'string')
})
