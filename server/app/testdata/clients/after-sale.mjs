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

const unit = confirmed.lines[0].goods[0].unit
const claim = await hub.createClaim({
  params: { path: { order_number: confirmed.orderNumber } },
  body: { units: [unit], reason: 'CLAIM_REASON_NOT_WORKING', reference: 'after-sale' },
})
await operator.answerClaim({ params: { path: { claim: claim.id } }, body: { answer: 'CLAIM_ANSWER_REPLACE' } })
const answered = await hub.getClaim({ params: { path: { claim: claim.id } } })
must(answered.units[0].status === 'CLAIMED_UNIT_STATUS_REPLACED', JSON.stringify(answered))

const exported = await fetch(`${baseUrl}/hub/v1/exports/claims?format=csv`, {
  headers: { 'X-Api-Key': process.env.ORDERHUB_API_KEY },
})
must((await exported.text()).startsWith('claim,create_time,'), 'no export')
console.log('replaced by', answered.units[0].replacementUnit)
