// Makes src/schema.ts, the types of everything that goes over the wire, and src/calls.ts, a method for each operation,
// of the OpenAPI document beside the hub. `npm pack` runs it, so that no package is older than the contract.
import { readFile, writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'

const document = new URL('../../server/gateway/openapi/openapi.json', import.meta.url)
const note = '// Generated from the OpenAPI document by generate.mjs. Do not edit.\n\n'

// Which calls may be made twice, beside those that only read, is said once: in the client in Go.
const rules = await readFile(new URL('../retry.go', import.meta.url), 'utf8')
const named = text => new Set([...text.matchAll(/orderhubv1\.(\w+_\w+)_FullMethodName: +true/g)].map(([, name]) => name))
const [anyway, afterwards] = rules.split('var withReference')
const repeatable = named(anyway)
const withReference = named(afterwards ?? '')
if (repeatable.size === 0 || withReference.size === 0) throw new Error('no call may be made twice')

const openapi = JSON.parse(await readFile(document, 'utf8'))
await writeFile(new URL('src/schema.ts', import.meta.url), note + astToString(await openapiTS(document)))

// A method answers one document. Streams, of which watch() reads that of events, and what is no JSON have none.
function document200({ responses }) {
  const schema = responses['200']?.content?.['application/json']?.schema
  return schema !== undefined && !(schema.properties?.result && schema.properties?.error)
}
const calls = new Map()
for (const [path, verbs] of Object.entries(openapi.paths)) {
  for (const [verb, operation] of Object.entries(verbs)) {
    if (!document200(operation)) continue
    const full = operation.operationId.split('_').pop()
    const name = full[0].toLowerCase() + full.slice(1)
    if (calls.has(name)) throw new Error(`two operations are called ${name}`)
    const safe = verb === 'get' || repeatable.delete(operation.operationId) ||
      (withReference.delete(operation.operationId) && "'reference'")
    calls.set(name, { path, verb, safe, summary: operation.summary ?? '' })
  }
}
const unknown = [...repeatable, ...withReference]
if (unknown.length > 0) throw new Error(`no such operations: ${unknown}`)
const sorted = [...calls].sort(([a], [b]) => (a < b ? -1 : 1))
const methods = sorted.map(([name, { path, verb, summary }]) =>
  `  /** ${summary.replaceAll('*/', '* /')}. */\n` +
  `  ${name}(...init: Init<paths['${path}'], '${verb}'>): Promise<Answer<paths['${path}']['${verb}']>>\n`)
const table = sorted.map(([name, { path, verb, safe }]) => `  ${name}: ['${verb}', '${path}', ${safe}],\n`)
await writeFile(new URL('src/calls.ts', import.meta.url), `${note}import type { Answer, Init } from './init.js'
import type { paths } from './schema.js'

/** A method for each operation of the contract. Each fails with an OrderhubError. */
export interface Calls {
${methods.join('')}}

/** The verb and the path of each, and whether it may be made twice: always, never, or with a reference in its body. */
export const calls = {
${table.join('')}} as const
`)
