import type { World } from '../order-brief.ts'
import { personAt } from '../people.ts'
import { instant, rowOf, sourceTable, type TableRow } from '../rows.ts'

const contact = sourceTable(
  'crm',
  's_contact',
  'row_id fst_name last_name org_name web_acct addr city zipcode country created last_upd',
)
const communication = sourceTable('crm', 's_contact_comm', 'row_id seq_num comm_cd comm_val vrfd_flg')
const member = sourceTable('crm', 's_loy_member', 'row_id mem_num tier_cd pnt_bal enroll_dt')

const dayMs = 86_400_000
const alpha3: Readonly<Record<string, string>> = { DE: 'DEU', AT: 'AUT', NL: 'NLD', FR: 'FRA', CH: 'CHE', SE: 'SWE' }

export function* contactRows(world: World): Generator<TableRow> {
  const nowMs = world.referenceTime.getTime()
  for (let index = 0; index < world.size.customers; index += 1) {
    const p = personAt(world.seed, world.size.customers, index)
    const created = instant(nowMs - p.createdDaysAgo * dayMs)
    yield rowOf(
      contact,
      p.rowId,
      p.first,
      p.last,
      p.company,
      p.accountNumber,
      p.street,
      p.city.name,
      p.city.postalCode,
      alpha3[p.city.country] ?? p.city.country,
      created,
      created,
    )
    yield rowOf(communication, p.rowId, 1, 'EML', p.email, p.emailVerified ? 'Y' : 'N')
    yield rowOf(communication, p.rowId, 2, 'TEL', p.phone, p.phoneVerified ? 'Y' : 'N')
    if (p.loyaltyNumber !== null)
      yield rowOf(member, p.rowId, p.loyaltyNumber, p.tier, p.points, created === null ? null : created.slice(0, 10))
  }
}
