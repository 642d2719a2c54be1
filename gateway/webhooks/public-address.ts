import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** IANA special-purpose registries: whatever is not globally reachable, and what can be a way around that. */
const refusedV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Within the one block of global unicast addresses (2000::/3); everything outside it is refused as a whole. */
const refusedV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
]

export type IsPublicAddress = (address: string) => boolean

/** @returns a judge of literal addresses; anything else, zones (`%eth0`) included, is not public */
export function createIsPublicAddress(): IsPublicAddress {
  const refused = new BlockList()
  for (const [network, prefix] of refusedV4) refused.addSubnet(network, prefix, 'ipv4')
  const refused6 = new BlockList()
  for (const [network, prefix] of refusedV6) refused6.addSubnet(network, prefix, 'ipv6')
  const unicast6 = new BlockList()
  unicast6.addSubnet('2000::', 3, 'ipv6')
  return (address) => {
    if (isIPv4(address)) return !refused.check(address, 'ipv4')
    if (!isIPv6(address) || address.includes('%')) return false
    // Mapped (::ffff:a.b.c.d) and translated (64:ff9b::/96) IPv4 stands outside 2000::/3.
    return unicast6.check(address, 'ipv6') && !refused6.check(address, 'ipv6')
  }
}
