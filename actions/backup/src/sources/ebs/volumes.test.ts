import { expect, test } from '@jest/globals'
import { regionOf } from './volumes.ts'

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html */
test.each([
  ['eu-central-1a', 'eu-central-1'],
  ['us-gov-west-1b', 'us-gov-west-1'],
  ['us-west-2-lax-1a', 'us-west-2'],
  ['us-east-1-wl1-bos-wlz-1', 'us-east-1'],
  ['ap-southeast-3c', 'ap-southeast-3'],
])('the zone %s is in %s', (zone, region) => {
  expect(regionOf(zone)).toBe(region)
})
