import { OrderhubError } from './error.js'

/** Makes a call again while it may succeed: waits grow, are jittered, and are at least what the hub asks for. */
export async function repeat<T>(
  call: () => Promise<T>, attempts: number, signal: AbortSignal | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (attempt >= attempts || signal?.aborted || !passes(error)) throw error
      const asked = error instanceof OrderhubError ? (error.retryAfter ?? 0) * 1000 : 0
      await sleep(Math.max(asked, Math.min(200 * 2 ** (attempt - 1), 10_000) * (0.5 + Math.random())), signal)
      if (signal?.aborted) throw error
    }
  }
}

/** Whether what a call failed with may pass by itself. Without an answer fetch throws a TypeError. */
function passes(error: unknown): boolean {
  if (error instanceof OrderhubError) return error.code === 'UNAVAILABLE' || error.retryAfter !== undefined
  return error instanceof TypeError
}

/** Waits, at most until the signal. */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal?.addEventListener('abort', done)
  })
}
