import { z } from 'zod'
import { AppError } from '../../platform/errors/app-error.ts'
import { parseWith } from '../../platform/parse.ts'

/** A dated version of the public schema: `2026-10`, or `unstable`, which promises nothing. */
export type VersionName = string

export type ApiVersion = {
  readonly name: VersionName
  /** First day it answers; null for `unstable`. */
  readonly releasedAt: Date | null
  /** From this day on it answers `VERSION_RETIRED`; null while no date is set. At least 12 months after the release. */
  readonly sunsetAt: Date | null
}

export type VersionCalendar = {
  /** Oldest first, `unstable` last. */
  readonly versions: readonly ApiVersion[]
  /** What a request that names no version gets: the newest one released. */
  newest(now: Date): ApiVersion
  find(name: VersionName): ApiVersion | null
  isRetired(version: ApiVersion, now: Date): boolean
}

export const unstable: VersionName = 'unstable'

const supportMonths = 12
const namePattern = /^(\d{4})-(01|04|07|10)$/

/** @returns whether a name is a quarter, `YYYY-01`, `-04`, `-07` or `-10`. */
export const isDatedVersion = (name: VersionName): boolean => namePattern.test(name)

/**
 * @param names dated versions in any order; each is released on the first day of its quarter's month, 17:00 UTC
 * @param sunsets days set for retirement, by version name
 * @throws RangeError when a name is not a quarter, or a version would be supported for less than 12 months
 */
export function createVersionCalendar(
  names: readonly VersionName[],
  sunsets: Readonly<Record<VersionName, string>> = {},
): VersionCalendar {
  const dated = [...names].sort().map((name): ApiVersion & { releasedAt: Date } => {
    const releasedAt = releaseOf(name)
    const sunset = sunsets[name]
    const sunsetAt = sunset === undefined ? null : new Date(sunset)
    const earliest = new Date(releasedAt)
    earliest.setUTCMonth(earliest.getUTCMonth() + supportMonths)
    if (sunsetAt !== null && !(sunsetAt >= earliest)) {
      throw new RangeError(
        `Cannot retire version ${name} on ${sunset}: it is supported for at least ${supportMonths} months, until ${earliest.toISOString()}`,
      )
    }
    return { name, releasedAt, sunsetAt }
  })
  const versions: readonly ApiVersion[] = [...dated, { name: unstable, releasedAt: null, sunsetAt: null }]
  const [oldest] = dated
  if (oldest === undefined) throw new RangeError('Cannot make a version calendar: no dated version is given')
  return {
    versions,
    newest: (now) => dated.findLast((version) => version.releasedAt <= now) ?? oldest,
    find: (name) => versions.find((version) => version.name === name) ?? null,
    isRetired: (version, now) => version.sunsetAt !== null && version.sunsetAt <= now,
  }
}

function releaseOf(name: VersionName): Date {
  const match = namePattern.exec(name)
  if (match === null) throw new RangeError(`Cannot read version '${name}': expected a quarter such as 2026-10`)
  return new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, 1, 17))
}

const calendarFile = z.strictObject({
  versions: z.array(z.string()).min(1).max(100),
  sunsets: z.record(z.string(), z.iso.datetime()).default({}),
})

/**
 * @param text `schema/versions.json`
 * @throws AppError `CONFIG_INVALID` naming what is wrong
 */
export function parseCalendar(text: string): VersionCalendar {
  try {
    const { versions, sunsets } = parseWith(calendarFile, JSON.parse(text), {
      what: 'the version calendar',
      code: 'CONFIG_INVALID',
    })
    return createVersionCalendar(versions, sunsets)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const why = cause instanceof Error ? cause.message : 'it cannot be read'
    throw new AppError('CONFIG_INVALID', `Cannot read the version calendar: ${why}`, { cause })
  }
}
