import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../platform/clock.ts'
import type { VersionCalendar } from './calendar.ts'

/** The calendar at `/versions`: what is served, since when and until when. */
export function addVersionList(server: FastifyInstance, calendar: VersionCalendar, clock: Clock): void {
  server.get('/versions', async (_request, reply) => {
    const now = clock()
    const versions = calendar.versions.map((version) => ({
      version: version.name,
      releasedAt: version.releasedAt?.toISOString() ?? null,
      sunsetAt: version.sunsetAt?.toISOString() ?? null,
      isRetired: calendar.isRetired(version, now),
      path: `/${version.name}/graphql`,
    }))
    return reply.header('cache-control', 'max-age=3600').send({ newest: calendar.newest(now).name, versions })
  })
}
