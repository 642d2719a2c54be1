import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { assetPath } from '../../../platform/assets.ts'

/** What an attacker may send, whole: a family without a test is seen here. */
const families = [
  'aliases of fields',
  'aliases of `__typename`',
  'aliases of entities',
  'duplicated fields',
  'duplicated directives',
  'duplicated fragments',
  'circular fragments',
  'fragment bombs',
  'overlapping fragments',
  'deep nesting of unknown fields',
  'deep nesting of entities',
  'deep nesting of the parser’s stack',
  'deep nesting of list literals',
  'nested lists whose sizes multiply',
  'introspection floods',
  '1 MB of commas',
  'thousands of operations',
  'thousands of unknown fields',
  'long names in suggestions',
  'huge variables',
  'nested variables',
  '`__proto__` variables',
  'batching',
  '20 MB bodies, plain and chunked',
  'gzip bombs',
  '100 KB headers',
  '1,500 headers',
  'malformed, empty and scalar JSON',
  'bad UTF-8',
  'NUL',
  'cross-site content types',
  'GET mutations',
  'APQ poisoning',
  'APQ flooding',
  'unique-document floods',
  'negative and overflowing page sizes',
  'request smuggling',
  'what is not HTTP',
  'slow headers and bodies',
  'idle connections',
  'floods of requests',
  'aborts',
  'oversized answers',
  'WebSocket: idle sockets',
  'WebSocket: slow introductions',
  'WebSocket: 1,000 subscriptions on one socket',
  'WebSocket: ping floods',
  'WebSocket: clients that do not read',
  'WebSocket: oversized frames',
  'WebSocket: malformed frames',
  'WebSocket: broken handshakes',
  'WebSocket: connection floods',
  'WebSocket: aborts',
]

it('every attack family stands in docs/threats.md with a test that is there', () => {
  const text = readFileSync(assetPath('docs/threats.md'), 'utf8')
  const table = text.slice(text.indexOf('| family |'), text.indexOf('## Further threats'))
  const rows = table
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      const [, family = '', , test = ''] = line.split('|').map((cell) => cell.trim())
      const [, file = '', title = ''] = /^`([\w-]+)`: (.+)$/.exec(test) ?? []
      return family === '' ? [] : [{ family, file, title }]
    })
  expect(rows.map(({ family }) => family)).toEqual(families)
  const untested = rows.filter(({ file, title }) => {
    const tests = readFileSync(assetPath(`test/gateway/attacks/${file}.test.ts`), 'utf8')
    return !tests.includes(`it('${title}', async () => {`)
  })
  expect(untested).toEqual([])
})
