import { createDeliverer } from '../../gateway/webhooks/deliverer.ts'
import { createDeliveryQueue } from '../../gateway/webhooks/delivery-queue.ts'
import { post } from '../../gateway/webhooks/post.ts'
import { standardSchedule } from '../../gateway/webhooks/retry-schedule.ts'
import { createSecretBox } from '../../gateway/webhooks/secret-box.ts'
import { createTargets } from '../../gateway/webhooks/target.ts'
import { silentWebhookObserver } from '../../gateway/webhooks/webhook-observer.ts'
import { systemClock } from '../../platform/clock.ts'
import { openPostgres } from '../../platform/sql/postgres.ts'

// A process that delivers until it is killed: argv 2 is the database's URL, argv 3 the key of the secrets.
const [, , url = '', key = ''] = process.argv
const deliverer = createDeliverer({
  queue: createDeliveryQueue(openPostgres({ url })),
  targets: createTargets({ allowPrivate: true, resolve: async () => ['127.0.0.1'] }),
  post,
  secretBox: createSecretBox(key),
  clock: systemClock,
  schedule: standardSchedule,
  observer: silentWebhookObserver,
  onFault: (error) => console.error(error),
  timeoutMs: 2_000,
  atOnce: 8,
  leaseMs: 3_000,
  pollMs: 20,
  keepMs: 86_400_000,
})
deliverer.start()
console.log('ready')
