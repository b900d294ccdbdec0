// Follows the log with the TypeScript client while every connection breaks after a few bytes, and places orders
// meanwhile, whose first answers are lost: each event must come once, in order, and each order be placed once.
import { createClient } from 'orderhub-client'

const [, , baseUrl] = process.argv
const apiKey = process.env.ORDERHUB_API_KEY
let streams = 0
let lost = 0

// Cuts every stream after its second piece, within an event.
async function breaking(request, init) {
  const response = await fetch(request, init)
  if (request.method === 'POST' && request.url.endsWith('/hub/v1/orders') && lost++ % 2 === 0) {
    await response.arrayBuffer()
    throw new TypeError('the answer was lost')
  }
  if (response.headers.get('Content-Type') !== 'text/event-stream') return response
  streams++
  const reader = response.body.getReader()
  let pieces = 0
  return new Response(new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) return controller.close()
      if (++pieces < 3) return controller.enqueue(value)
      controller.enqueue(value.subarray(0, value.length - 3))
      await reader.cancel()
      controller.error(new TypeError('the connection broke'))
    },
  }), response)
}

const hub = createClient({ baseUrl, apiKey, fetch: breaking })
let before = '0' // what is there already was seen by another program
const { events, nextAfterSequence } = await hub.listEvents({ params: { query: { pageSize: 1000 } } })
before = nextAfterSequence
if (String(events.length) !== before) throw new Error(`${events.length} events, the last ${before}`)

const place = async () => {
  for (let n = 0; n < 6; n++) {
    await hub.createOrder({ body: { referenceId: `follow-${n}`, lines: [{ sku: 'EMAIL_BASIC', quantity: 1 }] } })
  }
}
const placing = place()
let next = BigInt(before) + 1n
let seen = 0
let interruptions = 0
for await (const event of hub.watch({ after: before, onInterruption: () => interruptions++ })) {
  if (BigInt(event.sequence) !== next) throw new Error(`event ${event.sequence} came for ${next}`)
  next++
  if (++seen === 12) break
}
await placing
if (lost !== 12) throw new Error(`${lost} calls for 6 orders`)
if (interruptions !== streams - 1) throw new Error(`told of ${interruptions} interruptions of ${streams} streams`)
if (streams < 2) throw new Error('no connection broke')
console.log(`followed ${seen} events over ${streams} streams`)
