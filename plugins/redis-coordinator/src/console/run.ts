import { UsageError } from '../errors.ts'
import { textOf } from '../failure.ts'
import { resolveOptions } from '../options.ts'
import { namespaceOf, targetOf } from '../target.ts'
import { readArguments, USAGE } from './arguments.ts'
import type { Command, ConsoleArguments } from './arguments.ts'
import { Operator } from './operator.ts'
import { table } from './table.ts'
import { whereIs } from './where.ts'

export interface ConsolePorts {
  readonly environment: NodeJS.ProcessEnv
  readonly out: (text: string) => void
  readonly error: (text: string) => void
}

/** Runs one command; the exit code: 0, 1 where it failed or found nothing to do, 2 for wrong arguments. */
export async function runConsole (argv: readonly string[], { environment, out, error }: ConsolePorts): Promise<number> {
  try {
    const args = readArguments(argv, environment)
    if (args.command.name === 'help') {
      out(USAGE)
      return 0
    }
    const { data, text, done } = await withOperator(args, args.command)
    out(args.json ? `${JSON.stringify(data)}\n` : text)
    return done ? 0 : 1
  } catch (failure) {
    error(`${textOf(failure)}\n`)
    return failure instanceof UsageError ? 2 : 1
  }
}

type Work = Exclude<Command, { readonly name: 'help' }>

interface Result {
  readonly data: unknown
  readonly text: string
  /** `false`: what was asked for is not there. */
  readonly done: boolean
}

async function withOperator (args: ConsoleArguments, command: Work): Promise<Result> {
  if (args.url === undefined) throw new UsageError('give --url, or the environment variable PLIMSOLL_REDIS_URL')
  const { values } = resolveOptions({
    ...whereIs({ url: args.url, cluster: args.cluster, sentinel: args.sentinel }),
    ...(args.namespace === undefined ? {} : { namespace: args.namespace }),
    ...(args.keyPrefix === undefined ? {} : { keyPrefix: args.keyPrefix })
  })
  const target = targetOf(values, undefined)
  const operator = new Operator({ target, namespace: namespaceOf(values, target), firstUse: false })
  try {
    await operator.connect()
    return await perform(operator, command)
  } finally {
    await operator.close()
  }
}

async function perform (operator: Operator, command: Work): Promise<Result> {
  switch (command.name) {
    case 'leaders': {
      const leaders = await operator.leaders()
      return found(leaders, table(['election', 'leader', 'epoch', 'lease ends in ms'], leaders.map((one) => [one['election'], one['id'], one['epoch'], one['expiresInMs']])))
    }
    case 'shares': {
      const capacities = await operator.shares()
      const rows = capacities.flatMap(({ name, granted, total, holders }) => [[name, granted, total, '', ''], ...holders.map((one) => ['', one.granted, one.wants, one.inUse, one.session])])
      return found(capacities, table(['capacity', 'granted', 'total or wants', 'in use', 'session'], rows))
    }
    case 'queues': {
      const queues = await operator.queues()
      return found(queues, table(['queue', 'ready', 'leased', 'delayed', 'dead', 'oldest in ms'], queues.map(({ name, ready, leased, delayed, dead, oldestMs }) => [name, ready, leased, delayed, dead, oldestMs])))
    }
    case 'dead-letters': {
      const letters = await operator.deadLetters(command.queue, command.limit)
      return found(letters, table(['id', 'attempts', 'body'], letters.map(({ id, attempts, body }) => [id, attempts, body])))
    }
    case 'requeue': {
      const ids = command.id === undefined ? (await operator.deadLetters(command.queue, command.limit)).map(({ id }) => id) : [command.id]
      const requeued = await operator.requeue(command.queue, ids)
      return { data: { requeued }, text: `${requeued} put back\n`, done: requeued === ids.length }
    }
    case 'release': {
      const released = await operator.release(command.election)
      return { data: { released }, text: released ? 'released\n' : 'nobody leads\n', done: released }
    }
    default: return await status(operator)
  }
}

async function status (operator: Operator): Promise<Result> {
  const data = await operator.status()
  const { server, namespace, quarantineMs, instances } = data
  const lines = [
    `Redis ${server.version ?? 'of unknown version'}, ${server.persistent ? 'with' : 'without'} an append-only file${server.evicts === null ? '' : `, DELETES KEYS when it is full (${server.evicts})`}`,
    `namespace ${namespace}${quarantineMs > 0 ? `, in quarantine for ${quarantineMs} ms: no elections and no new capacity` : ''}`,
    ''
  ]
  return found(data, `${lines.join('\n')}\n${table(['instance', 'health', 'lease ends in ms'], instances.map((one) => [one['id'], one['health'], one['expiresInMs']]))}`)
}

function found (data: unknown, text: string): Result { return { data, text, done: true } }
