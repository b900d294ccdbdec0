// The way from the hub to a supplier: calls that the hub has signed.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const { ADDRESS = '127.0.0.1:9300', REQUEST_SECRET = '' } = process.env
if (!REQUEST_SECRET) throw new Error('REQUEST_SECRET must be the secret that the hub signs with')

export const refuse = (status, code) => [status, { error: { code } }]

export function sign(secret, id, at, body) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return 'v1,' + createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest('base64')
}

// signed tells whether the hub has signed the call, and not long ago.
function signed(headers, body) {
  const id = headers['webhook-id'], at = headers['webhook-timestamp']
  if (!(Math.abs(Date.now() / 1000 - Number(at)) <= 300)) return false
  const want = Buffer.from(sign(REQUEST_SECRET, id, at, body))
  return (headers['webhook-signature'] ?? '').split(' ') // several while secrets change
    .some((one) => one.length === want.length && timingSafeEqual(Buffer.from(one), want))
}

// serve answers what the hub has signed.
export function serve(answer) {
  const [host, port] = ADDRESS.split(':')
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
  server.listen(Number(port), host, () => console.log(`${host}:${server.address().port}`))
}
