import t from 'tap'
import { loadShedderOptions } from '../src/options.ts'
import type { LoadShedderOptions } from '../src/options.ts'

const healthCheck = (): boolean => true

const wrong: ReadonlyArray<readonly [options: Record<string, unknown>, message: string | RegExp]> = [
  [{ maxQueue: -1 }, 'load-shedder option maxQueue is -1; give a whole number from 1 to 1000000'],
  [{ maxQueue: NaN }, 'load-shedder option maxQueue is NaN; give a whole number from 1 to 1000000'],
  [{ maxQueue: '10' }, 'load-shedder option maxQueue is "10"; give a whole number from 1 to 1000000'],
  [{ limit: 0 }, /limit is 0; give a whole number from 1/],
  [{ maxStreams: 1.5 }, /maxStreams is 1.5; give a whole number/],
  [{ maxQueu: 1 }, 'load-shedder option maxQueu is 1; there is no such option; did you mean maxQueue?'],
  [{ strategy: 'best' }, /strategy is "best"; give one of adaptive, priority, random, oldest, or a function/],
  [{ enabled: 'yes' }, /enabled is "yes"; give true or false/],
  [{ dryRun: 1 }, /dryRun is 1; give true or false/],
  [{ priority: 'critical' }, /priority is "critical"; give a function/],
  [{ client: 1 }, /client is 1; give a function/],
  [{ headers: { a: 1 } }, /headers.a is 1; give a string/],
  [{ retryAfter: 0 }, /retryAfter is 0; give a whole number from 1 to 600/],
  [{ retryAfterMin: 10, retryAfterMax: 5 }, 'load-shedder option retryAfterMin is 10; give at most retryAfterMax, which is 5'],
  [{ retryAfterMin: 31 }, /retryAfterMin is 31; give at most retryAfterMax, which is 30/],
  [{ statusRoute: 'status' }, /statusRoute is "status"; give true, a path that begins with/],
  [{ statusRoute: { url: 'x' } }, /statusRoute.url is "x"; give a path/],
  [{ statusRoute: { routeOpts: 1 } }, /statusRoute.routeOpts is 1; give an object/],
  [{ statusRoute: true, exposeStatusRoute: true }, /exposeStatusRoute is .*; leave it out: statusRoute is given as well/],
  [{ maxEventLoopDelay: -1 }, /maxEventLoopDelay is -1; give a number of at least 0/],
  [{ maxEventLoopUtilization: 1.1 }, /maxEventLoopUtilization is 1.1; give a number from 0 to 1/],
  [{ maxHeapUsedBytes: Infinity }, /maxHeapUsedBytes is Infinity/],
  [{ maxRssBytes: -5 }, /maxRssBytes is -5/],
  [{ sampleInterval: 0 }, /sampleInterval is 0/],
  [{ eventLoopUtilizationMode: 'x' }, /eventLoopUtilizationMode is "x"; give interval or cumulative/],
  [{ healthCheckInterval: 100 }, /healthCheckInterval is 100; leave it out, or give a healthCheck/],
  [{ healthCheck }, /healthCheckInterval is 0; give an interval in milliseconds, or a statusRoute/],
  [{ healthCheck: 1 }, /healthCheck is 1; give a function/],
  [{ pressureHandler: 1 }, /pressureHandler is 1; give a function/],
  [{ message: '' }, /message is ""; give a string/],
  [{ customError: 'x' }, /customError is "x"; give the class of an error/],
  [{ ablate: ['everything'] }, /ablate is an array of 1; give a list of defer/],
  [{ ablate: 'drain' }, /ablate is "drain"; give a list/]
]

for (const [options, message] of wrong) {
  t.test(`refused: ${JSON.stringify(options)}`, async t => {
    t.throws(() => loadShedderOptions.resolve(options as LoadShedderOptions), { code: 'PLM_LOAD_SHEDDER_INVALID_OPTION', message })
  })
}

t.test('without options everything has its stated default', async t => {
  t.match(loadShedderOptions.resolve({}).values, {
    enabled: true,
    dryRun: false,
    strategy: 'adaptive',
    limit: 100,
    maxQueue: 1000,
    maxStreams: 10_000,
    headers: {},
    retryAfter: undefined,
    retryAfterMin: 1,
    retryAfterMax: 30,
    statusRoute: undefined,
    maxEventLoopDelay: 0,
    sampleInterval: 1000,
    healthCheckInterval: 0,
    ablate: []
  })
})

t.test('a status route is given as true, as a path or as an object; false is none', async t => {
  const url = (statusRoute: NonNullable<LoadShedderOptions['statusRoute']>): string | undefined => loadShedderOptions.resolve({ statusRoute }).values.statusRoute?.url
  t.equal(url(true), '/status')
  t.equal(url('/alive'), '/alive')
  t.equal(url({ routeOpts: {} }), '/status')
  t.equal(url(false), undefined)
  t.equal(loadShedderOptions.resolve({ healthCheck, exposeStatusRoute: true }).values.exposeStatusRoute?.url, '/status')
  t.equal(loadShedderOptions.resolve({ healthCheck, healthCheckInterval: 5, ablate: ['lifo'] }).values.healthCheckInterval, 5)
})
