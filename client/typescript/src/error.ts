import type { Reason } from './reasons.js'
import type { components } from './schema.js'

type Body = components['schemas']['Error']

/** What a call failed with. Branch on `reason`, never on `message`. */
export class OrderhubError extends Error {
  override readonly name = 'OrderhubError'
  /** The status of HTTP; 0 for what ended a stream. */
  readonly status: number
  /** The code of gRPC, such as NOT_FOUND. */
  readonly code: string
  /** The cause, for programs. New ones may appear. Empty when what answered was not the hub. */
  readonly reason: Reason | (string & {})
  /** What the reason comes with, such as `missing_amount`. */
  readonly metadata: Readonly<Record<string, string>>
  /** The fields at fault. */
  readonly violations: readonly components['schemas']['Violation'][]
  /** The call's number in the hub's log. */
  readonly requestId: string
  /** Seconds to wait before the call is repeated, where repeating may help. */
  readonly retryAfter: number | undefined

  constructor(status: number, body: Partial<Body>, retryAfter?: number) {
    super(body.message ?? `the answer has the status ${status} and is not the hub's`)
    this.status = status
    this.code = body.code ?? 'UNKNOWN'
    this.reason = body.reason ?? ''
    this.metadata = body.metadata ?? {}
    this.violations = body.violations ?? []
    this.requestId = body.requestId ?? ''
    this.retryAfter = retryAfter
  }
}

/** The error of an answer that is none of success. */
export async function errorOf(response: Response): Promise<OrderhubError> {
  const seconds = Number(response.headers.get('Retry-After') ?? NaN)
  const body = await response.json().catch(() => ({})) as Partial<Body> | null
  return new OrderhubError(response.status, body ?? {}, Number.isFinite(seconds) ? seconds : undefined)
}
