// Buys from an orderhub with the package in client/typescript: asks for a price, places an order, follows it until it
// is final, and shows what was delivered.
//
//   npm install ./orderhub-client-*.tgz
//   ORDERHUB_API_KEY=demo-key node shop.js http://127.0.0.1:8080 DIAMOND_100
import { createClient, OrderhubError, Reason, type Schemas } from 'orderhub-client'

declare const process: { argv: string[], env: Record<string, string | undefined>, exitCode: number }

const [, , baseUrl = '', sku = ''] = process.argv
const hub = createClient({ baseUrl, apiKey: process.env.ORDERHUB_API_KEY ?? '' })

async function buy(): Promise<void> {
  const lines: Schemas['OrderLineInput'][] = [{ sku, quantity: 1 }]
  const quote = await hub.quoteOrder({ body: { lines } })
  console.log('costs', quote.totalAmount, quote.currency)

  // Your own reference is better: with the same one the call may be repeated at any time.
  const referenceId = `shop-${crypto.randomUUID()}`
  let order = await hub.createOrder({ body: { referenceId, lines, expectedTotalAmount: quote.totalAmount } })
  console.log('placed', order.orderNumber)

  for await (const event of hub.watch()) {
    if (event.orderNumber !== order.orderNumber) continue
    const sequence: string = event.sequence // 64-bit integers are strings
    console.log(sequence, event.type)
    if (/^order\.(completed|failed|cancelled)$/.test(event.type)) break
  }
  order = await hub.getOrder({ params: { path: { order_number: order.orderNumber } } })
  for (const goods of order.lines.flatMap(line => line.goods)) console.log('delivered', goods.content)
}

try {
  await buy()
} catch (error) {
  if (!(error instanceof OrderhubError)) throw error
  process.exitCode = 1
  switch (error.reason) {
    case Reason.InsufficientBalance:
      console.log(error.metadata.missing_amount, error.metadata.currency, 'are missing')
      break
    case Reason.ProductNotFound:
      console.log('not sold:', error.violations.map(v => `${v.field}: ${v.message}`).join(', '))
      break
    default:
      console.log(error.status, error.reason, error.message)
  }
}
