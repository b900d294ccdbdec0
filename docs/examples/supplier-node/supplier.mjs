// An example of a supplier for the connector "http" of orderhub: docs/http-supplier.md has the contract.
// It forgets its orders when it ends; a real one keeps them in a database, under the reference.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const secret = Buffer.from((process.env.REQUEST_SECRET ?? '').replace(/^whsec_/, ''), 'base64')
if (!secret.length) throw new Error('REQUEST_SECRET must be the secret that the hub signs with')
const orders = new Map() // by reference

const refuse = (status, code) => [status, { error: { code } }]

// signed tells whether the hub has signed the call, and not long ago.
function signed(headers, body) {
  const id = headers['webhook-id'], at = headers['webhook-timestamp']
  if (!(Math.abs(Date.now() / 1000 - Number(at)) <= 300)) return false
  const want = Buffer.from('v1,' + createHmac('sha256', secret).update(`${id}.${at}.`).update(body).digest('base64'))
  return (headers['webhook-signature'] ?? '').split(' ') // several while secrets change
    .some((one) => one.length === want.length && timingSafeEqual(Buffer.from(one), want))
}

// place makes an order once, however often it is asked to under one reference.
function place({ reference, sku, quantity }) {
  const before = orders.get(reference)
  const same = before?.sku === sku && before?.quantity === quantity
  if (before) return same ? [200, before] : refuse(409, 'reference_conflict')
  if (sku !== 'GIFT_10' || !(quantity >= 1)) return refuse(404, 'item_not_found')
  const goods = Array.from({ length: quantity }, () => ({ content: randomBytes(10).toString('hex').toUpperCase() }))
  const order = {
    reference, sku, quantity, status: 'delivered', goods, total: (quantity * 850 / 100).toFixed(2), currency: 'THB',
  }
  orders.set(reference, order)
  return [200, order]
}

function answer(call) {
  switch (call.type) {
    case 'place': return place(call)
    case 'lookup': return orders.has(call.reference) ? [200, orders.get(call.reference)] : refuse(404, 'not_found')
    case 'list': return [200, { items: [{ sku: 'GIFT_10', name: 'Gift card', cost: '8.50', currency: 'THB' }] }]
    default: return refuse(400, 'not_supported')
  }
}

const server = createServer(async (request, response) => {
  let status, what
  try {
    const body = Buffer.concat(await request.toArray())
    ;[status, what] = signed(request.headers, body) ? answer(JSON.parse(body)) : refuse(401, 'unauthenticated')
  } catch {
    [status, what] = refuse(400, 'invalid_request')
  }
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(what))
})
const [host, port] = (process.env.ADDRESS ?? '127.0.0.1:9300').split(':')
server.listen(Number(port), host, () => console.log(`${host}:${server.address().port}`))
