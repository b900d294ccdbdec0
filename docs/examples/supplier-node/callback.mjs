// The way from a supplier to the hub: it is told when an order is done.
import { setTimeout as sleep } from 'node:timers/promises'
import { sign } from './hub.mjs'

const { CALLBACK_URL = '', CALLBACK_SECRET = '' } = process.env // https://HUB/callbacks/NAME
if (CALLBACK_URL && !CALLBACK_SECRET) throw new Error('CALLBACK_SECRET must be the secret that the hub knows')

export const patience = CALLBACK_URL ? 600 : 1 // seconds until the hub asks, should it hear nothing

// later does what an order needs, and tells the hub, again until it has heard.
export async function later(reference, work) {
  await sleep(200)
  work()
  const body = JSON.stringify({ type: 'updated', reference }), id = `done-${reference}`
  for (let times = 0; CALLBACK_URL && times < 5; times++, await sleep(5000)) {
    const at = String(Math.floor(Date.now() / 1000)), signature = sign(CALLBACK_SECRET, id, at, body)
    const headers = { 'Webhook-Id': id, 'Webhook-Timestamp': at, 'Webhook-Signature': signature }
    const answer = await fetch(CALLBACK_URL, { method: 'POST', headers, body }).catch(() => null)
    if (answer?.ok) return
  }
}
