// A receiver of Storeloom's webhooks: `STORELOOM_SECRET=whsec_… node webhook-receiver.mjs`, Node 20 or later, no packages.
//
// It answers 204 only after it has checked the signature and taken the event in. Whatever else it answers, or no answer
// within 15 seconds, makes Storeloom try again later: so the same event can come twice, and is told by its id.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const secrets = (process.env.STORELOOM_SECRET ?? '').split(' ').filter((secret) => secret !== '')
const port = Number(process.env.PORT ?? 3000)
const toleranceSeconds = 300
const mostBytes = 1_048_576

if (secrets.length === 0) throw new Error('STORELOOM_SECRET is missing: registerWebhook answers it once')

/** Ids taken in, the newest last. Keep them where your data is, in the transaction that takes the event in. */
const seen = new Set()

createServer((request, response) => {
  const answer = (status) => response.writeHead(status).end()
  if (request.method !== 'POST') return answer(405)
  const chunks = []
  let sizeBytes = 0
  request.on('data', (chunk) => {
    sizeBytes += chunk.length
    if (sizeBytes > mostBytes) request.destroy()
    else chunks.push(chunk)
  })
  request.on('end', () => {
    // The bytes as they came: a body parsed and written again has another signature.
    const body = Buffer.concat(chunks)
    if (!isGenuine(request.headers, body)) return answer(401)
    const id = request.headers['webhook-id']
    if (!seen.has(id)) {
      takeIn(JSON.parse(body.toString('utf8')), request.headers)
      remember(id)
    }
    answer(204)
  })
}).listen(port, '127.0.0.1', function listening() {
  console.log(`listening http://127.0.0.1:${this.address().port}/`)
})

/** Standard Webhooks 1.0: any of the signatures by any of your secrets will do, so that secrets can be replaced. */
function isGenuine(headers, body) {
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  const signatures = headers['webhook-signature']
  if (id === undefined || timestamp === undefined || signatures === undefined) return false
  // An old message that somebody sends again is refused, however well it is signed.
  const ageSeconds = Math.abs(Date.now() / 1_000 - Number(timestamp))
  if (!(ageSeconds <= toleranceSeconds)) return false
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
    return signatures.split(' ').some((signature) => {
      const [version, text] = signature.split(',')
      const given = Buffer.from(text ?? '', 'base64')
      return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
    })
  })
}

/** Here your own work begins. Make it short: put the event somewhere safe and do the rest later. */
function takeIn({ data, errors, extensions }, headers) {
  if (headers['storeloom-kind'] === 'ping') {
    console.log('ping')
    return
  }
  // Keep the cursor too: with it a replay, or any subscription, goes on exactly here.
  console.log('event', JSON.stringify({ id: headers['webhook-id'], data, errors, cursor: extensions.cursor }))
}

function remember(id) {
  seen.add(id)
  if (seen.size > 10_000) seen.delete(seen.values().next().value)
}
