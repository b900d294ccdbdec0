// A supplier for the connector "http", whose contract is docs/http-supplier.md. See hub.mjs and callback.mjs.
import { randomBytes } from 'node:crypto'
import { later, patience } from './callback.mjs'
import { refuse, serve } from './hub.mjs'

const orders = new Map() // by reference; a real supplier keeps them in a database
let cents = 100_000 // what the hub may spend here
const baht = (cents) => (cents / 100).toFixed(2)

// place makes an order once, however often it is asked to under one reference.
function place({ reference, sku, quantity }) {
  const before = orders.get(reference)
  const same = before?.sku === sku && before?.quantity === quantity
  if (before) return same ? [200, before] : refuse(409, 'reference_conflict')
  if (sku !== 'GIFT_10' || !(quantity >= 1)) return refuse(404, 'item_not_found')
  if (quantity * 850 > cents) return refuse(402, 'out_of_funds')
  cents -= quantity * 850
  const order = { reference, sku, quantity, status: 'accepted', checkAfterSeconds: patience }
  orders.set(reference, order)
  later(reference, () => {
    const goods = Array.from({ length: quantity }, () => ({ content: randomBytes(10).toString('hex').toUpperCase() }))
    Object.assign(order, { status: 'delivered', goods, total: baht(quantity * 850), currency: 'THB' })
  })
  return [200, order]
}

serve((call) => {
  switch (call.type) {
    case 'place': return place(call)
    case 'lookup': return orders.has(call.reference) ? [200, orders.get(call.reference)] : refuse(404, 'not_found')
    case 'list': return [200, { items: [{ sku: 'GIFT_10', name: 'Gift card', cost: '8.50', currency: 'THB' }] }]
    case 'balance': return [200, { balance: baht(cents), currency: 'THB' }]
    case 'check': return [200, { exists: call.recipient?.userId === 'player-1', name: 'Ann' }]
    default: return refuse(400, 'not_supported')
  }
})
