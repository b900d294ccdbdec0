import createFetchClient from 'openapi-fetch'
import { calls, type Calls } from './calls.js'
import { errorOf } from './error.js'
import { repeat } from './repeat.js'
import type { components, paths } from './schema.js'
import { watch, type OrderEvent, type WatchOptions } from './watch.js'

export { OrderhubError } from './error.js'
export { Reason } from './reasons.js'
export type { Calls } from './calls.js'
export type { components, operations, paths } from './schema.js'
export type { OrderEvent, WatchOptions } from './watch.js'

/** The messages of the contract by name, such as `Schemas['Order']`. 64-bit integers are strings, amounts too. */
export type Schemas = components['schemas']

export interface Options {
  /** Where the hub is, such as https://hub.example. */
  baseUrl: string
  /** An API key. It goes in a header, never into an address. */
  apiKey: string
  /** How often a call is made at most while it may succeed and a second one does no harm; 4. */
  attempts?: number
  /** Instead of the fetch of the platform. */
  fetch?: typeof globalThis.fetch
}

export interface Hub extends Calls {
  /**
   * The events of the log, each once and in order, until `signal` ends it or the loop is left. Streams that end are
   * opened again. Keep `sequence` of the last event: it is what to begin after next time.
   */
  watch(options?: WatchOptions): AsyncGenerator<OrderEvent, void, undefined>
}

/** A client of one hub with one key. */
export function createClient({ baseUrl, apiKey, attempts = 4, fetch = globalThis.fetch }: Options): Hub {
  const base = baseUrl.replace(/\/+$/, '')
  const headers = { 'X-Api-Key': apiKey }
  const client = createFetchClient<paths>({ baseUrl: base, headers, fetch: request => fetch(request) })
  const request = client.request as (verb: string, path: string, init?: object) => Promise<{
    data?: unknown, error?: unknown, response: Response
  }>
  client.use({
    async onResponse({ response }) {
      if (!response.ok) throw await errorOf(response)
    },
  })
  const hub: Record<string, unknown> = {
    watch: (options: WatchOptions = {}) => watch((query, init) => fetch(
      `${base}/hub/v1/orders:watch?${query}`, { ...init, headers: { ...headers, ...init.headers as object } },
    ), options),
  }
  for (const [name, [verb, path, safe]] of Object.entries(calls)) {
    hub[name] = (init?: { signal?: AbortSignal, body?: { reference?: string } }) => repeat(
      async () => (await request(verb, path, init)).data,
      safe === true || (safe === 'reference' && init?.body?.reference) ? attempts : 1, init?.signal,
    )
  }
  return hub as unknown as Hub
}
