/** Prints a development token of the Storeloom running here. `npm run token -- agent` */
const [as = '', ...rest] = process.argv.slice(2)
const query = new URLSearchParams({ as, ...Object.fromEntries(rest.map((pair) => pair.split('=', 2))) })
const url = `http://127.0.0.1:${process.env.PORT || 4000}/dev/token?${query}`
try {
  const answer = await fetch(url)
  const text = await answer.text()
  process.stdout.write(`${text}\n`)
  process.exitCode = answer.ok ? 0 : 1
} catch {
  process.stderr.write('Cannot get a token: no Storeloom answers here; start it with npm start, or set PORT\n')
  process.exitCode = 1
}
