// What an order may go through, with the TypeScript client: held, extended, confirmed twice, claimed, replaced by an
// operator, and exported.
import { createClient, OrderhubError } from 'orderhub-client'

const [, , baseUrl, operatorKey] = process.argv
const hub = createClient({ baseUrl, apiKey: process.env.ORDERHUB_API_KEY })
const operator = createClient({ baseUrl, apiKey: operatorKey })
const must = (is, what) => { if (!is) throw new Error(what) }

const order = { referenceId: 'after-sale', lines: [{ sku: 'EMAIL_BASIC', quantity: 2 }] }
const held = await hub.holdOrder({ body: { order, holdFor: '60s' } })
must((await hub.getAccount({})).heldBalance === '20.40', 'the money is not held')
const path = { hold_number: held.holdNumber }
await hub.extendHold({ params: { path }, body: { holdFor: '3600s' } })
const confirmed = await hub.confirmHold({ params: { path }, body: {} })
const again = await hub.confirmHold({ params: { path }, body: {} })
must(confirmed.orderNumber === again.orderNumber, 'it was confirmed twice')
try {
  await hub.releaseHold({ params: { path }, body: {} })
  throw new Error('an order was released')
} catch (error) {
  must(error instanceof OrderhubError && error.reason === 'HOLD_ENDED', String(error))
}

// A claim is repeated where its answer is lost, if it has a reference to be known by.
const ofOrder = { order_number: confirmed.orderNumber }
for (const [reference, calls] of [['', 1], ['lost', 3]]) {
  let made = 0
  const lost = () => { made++; throw new TypeError('the connection broke') }
  const unlucky = createClient({ baseUrl, apiKey: 'any', attempts: 3, fetch: lost })
  await unlucky.createClaim({ params: { path: ofOrder }, body: { reason: 'CLAIM_REASON_EXPIRED', reference } })
    .then(() => { throw new Error('it was answered') }, error => must(error instanceof TypeError, String(error)))
  must(made === calls, `with the reference "${reference}" it was made ${made} times`)
}

const unit = confirmed.lines[0].goods[0].unit
const claim = await hub.createClaim({
  params: { path: ofOrder },
  body: { units: [unit], reason: 'CLAIM_REASON_NOT_WORKING', reference: 'after-sale' },
})
await operator.answerClaim({ params: { path: { claim: claim.id } }, body: { answer: 'CLAIM_ANSWER_REPLACE' } })
const answered = await hub.getClaim({ params: { path: { claim: claim.id } } })
must(answered.units[0].status === 'CLAIMED_UNIT_STATUS_REPLACED', JSON.stringify(answered))

const exported = async kind => {
  const response = await fetch(`${baseUrl}/hub/v1/exports/${kind}?format=ndjson`, {
    headers: { 'X-Api-Key': process.env.ORDERHUB_API_KEY },
  })
  must(response.ok, `${kind}: ${response.status}`)
  const rows = (await response.text()).split('\n').filter(Boolean).map(line => JSON.parse(line))
  const own = rows.filter(row => row.order_number === confirmed.orderNumber)
  must(own.length === 1, `${kind} has ${own.length} rows of the order`)
  return own[0]
}
const sold = await exported('orders')
must(sold.status === 'completed' && sold.total === '20.40', JSON.stringify(sold))
const claimed = await exported('claims')
must(claimed.unit === unit && claimed.replacement_unit === answered.units[0].replacementUnit, JSON.stringify(claimed))
console.log('replaced by', answered.units[0].replacementUnit)
