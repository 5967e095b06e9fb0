import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findService } from './find.ts'
import { launch } from './running.ts'
import type { RunningService } from './running.ts'

export interface PrometheusOptions {
  /** What to scrape, as in `['127.0.0.1:3000']`. */
  readonly targets: readonly string[]
  /** @default '/metrics' */
  readonly metricsPath?: string
  /** Seconds between scrapes. @default 1 */
  readonly interval?: number
  /** Sent as `Authorization: Bearer …`. */
  readonly bearerToken?: string
  /** More of the configuration file, as YAML at top level (`rule_files:` …). */
  readonly config?: string
}

export interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>
  /** Seconds since 1970, and the value as text. */
  readonly value: readonly [number, string]
}

export interface Prometheus extends RunningService {
  /** An instant query; an empty list when nothing matches (yet). @throws {Error} when Prometheus refuses it. */
  readonly query: (expression: string) => Promise<PrometheusSample[]>
}

/** A real Prometheus that scrapes the given targets. */
export async function startPrometheus ({ targets, metricsPath = '/metrics', interval = 1, bearerToken, config = '' }: PrometheusOptions): Promise<Prometheus> {
  const service = await launch({
    program: await findService('prometheus'),
    args: (port, folder) => {
      const file = join(folder, 'prometheus.yml')
      // JSON is YAML: nothing to escape by hand.
      const scrape = [{ job_name: 'plimsoll', metrics_path: metricsPath, static_configs: [{ targets }], ...(bearerToken === undefined ? {} : { authorization: { credentials: bearerToken } }) }]
      writeFileSync(file, `global: { scrape_interval: ${interval}s, scrape_timeout: ${interval}s, evaluation_interval: ${interval}s }\nscrape_configs: ${JSON.stringify(scrape)}\n${config}\n`)
      return [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn']
    },
    isReady: async (port) => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok
  })
  return { ...service, query: (expression) => query(service.port, expression) }
}

async function query (port: number, expression: string): Promise<PrometheusSample[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query: expression })}`)
  const answer = await response.json() as { status: string, error?: string, data?: { result: PrometheusSample[] } }
  if (answer.status !== 'success') throw new Error(`Prometheus: ${answer.error}`)
  return answer.data?.result ?? []
}
