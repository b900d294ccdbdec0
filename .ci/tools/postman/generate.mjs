// Makes a Postman collection of the OpenAPI document, and an environment for it with where the hub is and the key.
//
//   node generate.mjs OPENAPI FOLDER
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import converter from 'openapi-to-postmanv2'

const [, , source, folder] = process.argv
const openapi = JSON.parse(await readFile(source, 'utf8'))

// A request is called as its operation, and what it answers names the variables that later ones take.
const answered = new Map()
for (const verbs of Object.values(openapi.paths)) {
  for (const operation of Object.values(verbs)) {
    const name = operation.operationId.split('_').pop()
    operation.description = [operation.summary, operation.description].filter(Boolean).join('. ')
    operation.summary = name
    const links = Object.values(operation.responses['200']?.links ?? {})
    answered.set(name, new Map(links.flatMap(link => Object.entries(link.parameters ?? {}))
      .filter(([, from]) => from.startsWith('$response.body#/'))
      .map(([variable, from]) => [variable, from.slice('$response.body#/'.length).split('/')])))
  }
}

const collection = await new Promise((resolve, reject) => converter.convertV2({ type: 'string', data: JSON.stringify(openapi) }, {
  folderStrategy: 'Tags', requestNameSource: 'Fallback', parametersResolution: 'Example', enableOptionalParameters: false,
  keepImplicitHeaders: true,
}, (error, result) => error || !result.result ? reject(error ?? result.reason) : resolve(result.output[0].data)))

const script = lines => [{ listen: 'test', script: { type: 'text/javascript', exec: lines } }]

// What changes with each run, and examples of answers, which are of nobody's use, are left out.
function tidy(item) {
  delete item.id
  if (item.item) return item.item.forEach(tidy)
  item.response = []
  item.event = script([...answered.get(item.name)].map(([variable, [...path]]) =>
    `if (pm.response.code < 400) pm.collectionVariables.set('${variable}', pm.response.json()${path.map(p => `?.${p}`).join('')})`))
  if (item.event[0].script.exec.length === 0) delete item.event
  for (const parameter of item.request.url.variable ?? []) parameter.value = `{{${parameter.key}}}`
  for (const parameter of item.request.url.query ?? []) {
    if (parameter.disabled) parameter.value = ''
    else if (parameter.value === 'string') parameter.value = `{{${parameter.key}}}` // without an example
  }
}
tidy(collection)

collection.info = {
  name: 'orderhub', schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
  description: { content: 'Generated from the OpenAPI document by make collection. Choose an environment with baseUrl and apiKey.', type: 'text/plain' },
}
collection.variable = collection.variable.filter(v => v.key !== 'baseUrl').map(({ key, value }) => ({ key, value: value === 'string' ? '' : value }))
collection.event = script([
  "pm.test('the hub does not refuse', () => pm.expect(pm.response.code, pm.response.text()).to.be.below(400))",
])

const environment = {
  name: 'orderhub demo', _postman_variable_scope: 'environment',
  values: [
    { key: 'baseUrl', value: 'http://127.0.0.1:8080', type: 'default', enabled: true },
    { key: 'apiKey', value: 'demo-key', type: 'secret', enabled: true },
  ],
}
const write = (name, content) => writeFile(join(folder, name), JSON.stringify(content, null, 2) + '\n')
await write('orderhub.postman_collection.json', collection)
await write('orderhub.postman_environment.json', environment)
