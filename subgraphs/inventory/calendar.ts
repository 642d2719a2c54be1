/** When a location works. Times are `HH:MM` of its own clock. */
export type Calendar = {
  readonly timeZone: string
  /** Index 0 is Sunday; null: closed. */
  readonly week: readonly (OpeningHours | null)[]
  /** Local dates, `YYYY-MM-DD`. */
  readonly closedOn: readonly string[]
  readonly handlingMinutes: number
  readonly pickupMinutes: number
  /** Orders a day; null: as many as come. */
  readonly dailyCapacityOrders: number | null
  readonly capacityUsedToday: number
}

export type OpeningHours = { readonly opens: string; readonly closes: string; readonly cutOff: string }

const allDay: OpeningHours = { opens: '00:00', closes: '24:00', cutOff: '24:00' }
const minuteMs = 60_000
const dayMs = 86_400_000
const daysLookedAhead = 60

/** A location that says nothing of its hours works all day. */
export function alwaysOpen(timeZone: string): Calendar {
  return {
    timeZone,
    week: Array.from({ length: 7 }, () => allDay),
    closedOn: [],
    handlingMinutes: 0,
    pickupMinutes: 0,
    dailyCapacityOrders: null,
    capacityUsedToday: 0,
  }
}

/** The next cut-off an order taken at `fromMs` still makes, and the handling after it; null: none in the next 60 days. */
export function shipByMs(calendar: Calendar, fromMs: number): number | null {
  for (const { date, hours, today } of openDays(calendar, fromMs)) {
    if (today && isFull(calendar)) continue
    const cutOffMs = toInstant(calendar.timeZone, date, hours.cutOff)
    if (fromMs <= cutOffMs) return cutOffMs + calendar.handlingMinutes * minuteMs
  }
  return null
}

/** When an order taken at `fromMs` can be collected: within opening hours, after it was made ready. */
export function pickupFromMs(calendar: Calendar, fromMs: number): number | null {
  for (const { date, hours, today } of openDays(calendar, fromMs)) {
    if (today && isFull(calendar)) continue
    const startMs = Math.max(fromMs, toInstant(calendar.timeZone, date, hours.opens))
    const readyMs = startMs + calendar.pickupMinutes * minuteMs
    if (readyMs <= toInstant(calendar.timeZone, date, hours.closes)) return readyMs
  }
  return null
}

function isFull({ dailyCapacityOrders, capacityUsedToday }: Calendar): boolean {
  return dailyCapacityOrders !== null && capacityUsedToday >= dailyCapacityOrders
}

function* openDays(calendar: Calendar, fromMs: number) {
  const first = localDate(calendar.timeZone, fromMs)
  for (let day = 0; day < daysLookedAhead; day += 1) {
    const at = new Date(Date.parse(`${first}T12:00:00Z`) + day * dayMs)
    const date = at.toISOString().slice(0, 10)
    const hours = calendar.week[at.getUTCDay()] ?? null
    if (hours !== null && !calendar.closedOn.includes(date)) yield { date, hours, today: day === 0 }
  }
}

export function localDate(timeZone: string, ms: number): string {
  return new Date(ms + offsetMs(timeZone, ms)).toISOString().slice(0, 10)
}

/** A local time that a change of clocks leaves out is taken as the one after it. */
export function toInstant(timeZone: string, date: string, time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  const asUtc = Date.parse(`${date}T00:00:00Z`) + (hours * 60 + minutes) * minuteMs
  const guess = asUtc - offsetMs(timeZone, asUtc)
  return asUtc - offsetMs(timeZone, guess)
}

function offsetMs(timeZone: string, ms: number): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
  const local = Date.UTC(
    part.year ?? 0,
    (part.month ?? 1) - 1,
    part.day ?? 1,
    part.hour ?? 0,
    part.minute ?? 0,
    part.second ?? 0,
  )
  return local - Math.floor(ms / 1000) * 1000
}
