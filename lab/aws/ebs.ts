// Volumes and snapshots of moto, without a client's start-up time.
import type { Moto } from './moto.ts'

export interface MadeSnapshot {
  snapshot: string
  volume: string
  tags: Record<string, string>
}

/** A volume with the tag `app`. @returns its id */
export async function createVolume(server: Moto, app: string, gigabytes: number): Promise<string> {
  const reply = await query(server, 'CreateVolume', {
    AvailabilityZone: 'eu-central-1a',
    Size: String(gigabytes),
    'TagSpecification.1.ResourceType': 'volume',
    'TagSpecification.1.Tag.1.Key': 'app',
    'TagSpecification.1.Tag.1.Value': app,
  })
  return textOf(reply, 'volumeId')
}

/** Those that somebody has tagged: moto brings some of its own, which Amazon's images have. */
export async function madeSnapshots(server: Moto): Promise<MadeSnapshot[]> {
  const reply = await query(server, 'DescribeSnapshots', { 'Filter.1.Name': 'tag-key', 'Filter.1.Value.1': '*' })
  const items = reply.matchAll(/<tagSet>(.*?)<\/tagSet>.*?<snapshotId>(.*?)<\/snapshotId><volumeId>(.*?)<\/volumeId>/gs)
  return [...items].map(([, tags = '', snapshot = '', volume = '']) => ({ snapshot, volume, tags: tagsOf(tags) }))
}

function tagsOf(xml: string): Record<string, string> {
  const pairs = xml.matchAll(/<key>(.*?)<\/key><value>(.*?)<\/value>/g)
  return Object.fromEntries([...pairs].map(([, key, value]) => [key, value]))
}

/** moto asks for a signature's region, and not whether it is right. */
async function query({ endpoint, env }: Moto, action: string, parameters: Record<string, string>): Promise<string> {
  const scope = `20260101/${env['AWS_DEFAULT_REGION']}/ec2/aws4_request`
  const authorization = `AWS4-HMAC-SHA256 Credential=${env['AWS_ACCESS_KEY_ID']}/${scope}, SignedHeaders=host, Signature=0`
  const body = new URLSearchParams({ Action: action, Version: '2016-11-15', ...parameters })
  const reply = await fetch(endpoint, { method: 'POST', headers: { authorization }, body })
  const text = await reply.text()
  if (reply.ok) return text
  throw new Error(`moto refuses ${action}: ${text}`)
}

function textOf(xml: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  if (found === undefined) throw new Error(`there is no ${name} in ${xml}`)
  return found
}
