import { createParser } from 'eventsource-parser'
import { errorOf, OrderhubError } from './error.js'
import { sleep } from './repeat.js'
import type { components } from './schema.js'

export type OrderEvent = components['schemas']['OrderEvent']

export interface WatchOptions {
  /** `sequence` of the last event that was dealt with, or in the log of all merchants its `position`. */
  after?: string
  /** Only events of these types. */
  types?: readonly string[]
  /** For operators: whose log; that of all merchants without it. */
  merchant?: string
  /** Ends it: nothing is thrown then. */
  signal?: AbortSignal
  /** Told why a stream ended, undefined where it just did, each time that another one is opened: for a log. */
  onInterruption?: (error: unknown) => void
  /** After how many milliseconds without even a heartbeat a connection is taken for dead; a minute. */
  silence?: number
}

/** A stream that ended by itself, or a hub that cannot answer just now. */
const passing = new Set(['UNAVAILABLE', 'ABORTED', 'INTERNAL', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'CANCELLED'])

function resumes(error: unknown): boolean {
  if (!(error instanceof OrderhubError)) return true // the connection broke
  return error.retryAfter !== undefined || passing.has(error.code)
}

/** The events of the log, each once and in order, over as many streams as that takes. */
export async function* watch(
  open: (query: URLSearchParams, init: RequestInit) => Promise<Response>, options: WatchOptions,
): AsyncGenerator<OrderEvent, void, undefined> {
  let last = options.after ?? '0'
  let wait = 0
  while (!options.signal?.aborted) {
    let asked = 0
    try {
      for await (const event of stream(open, options, last)) {
        const id = event.position || event.sequence
        // A stream begins after what was seen; nothing comes twice even if one did not.
        if (!event.position && BigInt(event.sequence) <= BigInt(last)) continue
        yield event
        last = id
        wait = 0
      }
      if (!options.signal?.aborted) options.onInterruption?.(undefined)
    } catch (error) {
      if (options.signal?.aborted) return
      if (!resumes(error)) throw error
      options.onInterruption?.(error)
      if (error instanceof OrderhubError) asked = (error.retryAfter ?? 0) * 1000
    }
    wait = Math.max(wait, 200)
    await sleep(Math.max(asked, wait * (0.5 + Math.random())), options.signal)
    wait = Math.min(wait * 2, 10_000)
  }
}

async function* stream(
  open: (query: URLSearchParams, init: RequestInit) => Promise<Response>, options: WatchOptions, last: string,
): AsyncGenerator<OrderEvent, void, undefined> {
  const query = new URLSearchParams()
  for (const type of options.types ?? []) query.append('eventTypes', type)
  if (options.merchant) query.set('merchant', options.merchant)
  const cut = new AbortController()
  const stop = () => cut.abort()
  options.signal?.addEventListener('abort', stop)
  let alarm: ReturnType<typeof setTimeout> | undefined
  const heard = () => {
    clearTimeout(alarm)
    alarm = setTimeout(stop, options.silence ?? 60_000)
  }
  try {
    heard()
    const headers: Record<string, string> = { Accept: 'text/event-stream' }
    if (last !== '0') headers['Last-Event-ID'] = last
    const response = await open(query, { headers, signal: cut.signal })
    if (!response.ok) throw await errorOf(response)
    if (!response.body) throw new OrderhubError(response.status, {})
    const waiting: OrderEvent[] = []
    let ended: OrderhubError | undefined
    const parser = createParser({
      onEvent(message) {
        if (message.event === 'error') ended = new OrderhubError(0, JSON.parse(message.data))
        else waiting.push(JSON.parse(message.data))
      },
    })
    const reader = response.body.getReader()
    const decoder = new TextDecoder()
    for (;;) {
      heard()
      const { done, value } = await reader.read()
      clearTimeout(alarm) // whoever is given an event may take his time
      if (value) parser.feed(decoder.decode(value, { stream: true }))
      yield* waiting.splice(0)
      if (ended) throw ended
      if (done) return
    }
  } finally {
    clearTimeout(alarm)
    options.signal?.removeEventListener('abort', stop)
    cut.abort()
  }
}
