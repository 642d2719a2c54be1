// Puts load on one gateway and reads what its process spent.
import { readFileSync } from 'node:fs'
import { Pool } from 'undici'

/** User and system time of a process since its start; the kernel counts in hundredths of a second. */
export const cpuMs = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

export const rssMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

/** A client of one gateway; every request has an Authorization header of its own. */
export const createClient = ({ port, path }, connections) => {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections })
  const ask = (body) =>
    new Promise((resolve, reject) => {
      const chunks = []
      pool.dispatch(
        {
          path,
          method: 'POST',
          body,
          headers: ['content-type', 'application/json', 'authorization', `Bearer ${unique++}`],
        },
        {
          onConnect: () => {},
          onHeaders: () => true,
          onData: (chunk) => chunks.push(chunk) > 0,
          onComplete: () => resolve(Buffer.concat(chunks).toString()),
          onError: reject,
        },
      )
    })

  /** Asks over all connections for so long; gives the latencies, sorted. */
  const load = async (body, milliseconds) => {
    const latencies = []
    const endMs = performance.now() + milliseconds
    const loop = async () => {
      while (performance.now() < endMs) {
        const startMs = performance.now()
        await ask(body)
        latencies.push(performance.now() - startMs)
      }
    }
    await Promise.all(Array.from({ length: connections }, loop))
    return latencies.sort((left, right) => left - right)
  }

  return { ask, load, close: () => pool.destroy() }
}

let unique = 0

/** JSON of the data with all keys sorted, or undefined where there is none. */
export const sortedData = (answer) => {
  try {
    return JSON.stringify(sorted(JSON.parse(answer).data))
  } catch {
    return undefined
  }
}

const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}

export const mean = (numbers) => numbers.reduce((total, number) => total + number, 0) / numbers.length

export const percentile = (rounds, part) =>
  mean(rounds.map((latencies) => latencies[Math.floor(latencies.length * part)] ?? 0))
