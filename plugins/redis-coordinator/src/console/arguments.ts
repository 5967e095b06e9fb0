import { parseArgs } from 'node:util'
import { UsageError } from '../errors.ts'
import { textOf } from '../failure.ts'

export type Command =
  | { readonly name: 'status' | 'leaders' | 'shares' | 'queues' | 'help' }
  | { readonly name: 'dead-letters', readonly queue: string, readonly limit: number }
  | { readonly name: 'requeue', readonly queue: string, readonly id: string | undefined, readonly limit: number }
  | { readonly name: 'release', readonly election: string }

export interface ConsoleArguments {
  readonly command: Command
  readonly url: string | undefined
  readonly cluster: boolean
  readonly sentinel: string | undefined
  readonly namespace: string | undefined
  readonly keyPrefix: string | undefined
  readonly json: boolean
}

/** Where a URL with its password stands in no list of processes. */
const URL_VARIABLE = 'PLIMSOLL_REDIS_URL'

export const USAGE: string = `Usage: npx @plimsoll/redis-coordinator <command> [options]

  status                                  server, namespace and instances
  leaders                                 who leads which election, in which epoch
  shares                                  who holds how many permits of which capacity
  queues                                  what is ready, leased, delayed and dead
  dead-letters [list] <queue>             items that ran out of attempts, oldest first
  dead-letters requeue <queue> <id>       puts one back; --all instead of an id: all of them
  release <election>                      ends a leadership; its holder is told, and another one is elected

  --url <url>         redis:// or rediss://; else the environment's ${URL_VARIABLE}, which no list of processes shows
  --cluster           the URL is of a node of a Redis Cluster, any of them
  --sentinel <group>  the URL is of a Sentinel that watches this group; its user and password are the primary's
  --namespace <name>  'default' where it is left out
  --key-prefix <p>    as the plugin's keyPrefix
  --limit <n>         most dead letters, 100 where it is left out
  --json              one JSON document instead of text
  --help
`

/** @throws PLM_REDIS_COORDINATOR_USAGE */
export function readArguments (argv: readonly string[], environment: NodeJS.ProcessEnv): ConsoleArguments {
  const { values, positionals } = parse(argv)
  const limit = Number(values.limit ?? 100)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 10_000) throw new UsageError('--limit takes a whole number from 1 to 10000')
  return {
    command: values.help === true ? { name: 'help' } : commandOf(positionals, values.all === true, limit),
    url: values.url ?? environment[URL_VARIABLE],
    cluster: values.cluster === true,
    sentinel: values.sentinel,
    namespace: values.namespace,
    keyPrefix: values['key-prefix'],
    json: values.json === true
  }
}

type Parsed = ReturnType<typeof parseArgs<{ readonly args: string[], readonly allowPositionals: true, readonly options: typeof OPTIONS }>>

const OPTIONS = {
  url: { type: 'string' },
  cluster: { type: 'boolean' },
  sentinel: { type: 'string' },
  namespace: { type: 'string' },
  'key-prefix': { type: 'string' },
  limit: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' }
} as const

function parse (argv: readonly string[]): Parsed {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS })
  } catch (error) {
    // Node's own message names the option, and shows no value.
    throw new UsageError(textOf(error))
  }
}

function commandOf ([name, ...rest]: readonly string[], all: boolean, limit: number): Command {
  const [first, second] = rest
  switch (name) {
    case 'status':
    case 'leaders':
    case 'shares':
    case 'queues':
      return exactly(rest, 0, { name })
    case 'release':
      if (first === undefined) throw new UsageError('release needs the name of an election')
      return exactly(rest, 1, { name, election: first })
    case 'dead-letters':
      return first === 'requeue' ? requeue(rest.slice(1), all, limit) : deadLetters(first === 'list' ? rest.slice(1) : [first, second], limit)
    case undefined:
      return { name: 'help' }
    default:
      throw new UsageError(`there is no command ${name}`)
  }
}

function deadLetters ([queue, more]: readonly (string | undefined)[], limit: number): Command {
  if (queue === undefined || more !== undefined) throw new UsageError('dead-letters needs the name of one queue')
  return { name: 'dead-letters', queue, limit }
}

function requeue (rest: readonly string[], all: boolean, limit: number): Command {
  const [queue, id] = rest
  if (queue === undefined || (id === undefined) !== all) throw new UsageError('dead-letters requeue needs the name of a queue, and an id or --all')
  return exactly(rest, all ? 1 : 2, { name: 'requeue', queue, id, limit })
}

function exactly<C> (rest: readonly string[], count: number, command: C): C {
  if (rest.length > count) throw new UsageError(`there is no use for ${rest.slice(count).join(' ')}`)
  return command
}
