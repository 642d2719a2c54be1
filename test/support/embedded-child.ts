import { startEmbeddedPostgres } from '../../platform/sql/embedded.ts'

// A process of its own that starts or joins the server in a folder: argv 2. Says `ready <url>`; `leave` on its input makes it leave.
const [, , folder = ''] = process.argv
const server = await startEmbeddedPostgres({ folder, log: (message) => console.log(`log ${message}`) })
await server.ensureDatabase('shared')
console.log(`ready ${server.url('shared')}`)
process.stdin.once('data', async () => {
  await server[Symbol.asyncDispose]()
  process.exit(0)
})
