import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where an installed Chromium lies; null: there is none on this machine. */
export function findChromium(): string | null {
  return places.find((path) => existsSync(path)) ?? null
}

export async function startChromium(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === null) throw new TypeError('Cannot start Chromium: it is not installed, see README')
  // Chromium's own sandbox does not start as root.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'], timeout: 60_000 })
}
