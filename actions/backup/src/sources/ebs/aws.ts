import type { Place } from '../../places/place.ts'
import { ownWords, sourceFailed } from '../programs.ts'

/** Calls of EC2 by the AWS CLI of a place, with the credentials and the region that it finds there. */
export interface Ec2 {
  /**
   * @param request as EC2's API has it
   * @param query of JMESPath; what it gives of the reply is the result
   * @throws BackupError `source-failed` with the API's own words, `client-missing`
   */
  call<T>(operation: string, request: object, query: string): Promise<T>
  /** As `call`, and also when the step has been interrupted. */
  callDespiteInterrupt<T>(operation: string, request: object, query: string): Promise<T>
  /** Throws as `call` would for a request that must not be carried out. */
  rehearse(operation: string, request: object): Promise<void>
}

const REPLY_BYTES = 16 * 1024 * 1024
/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html: "If you have the required permissions, the error response is" */
const WOULD_DO = /\(DryRunOperation\)/
const DENIED = /UnauthorizedOperation|AccessDenied/
const REMEDY =
  'Allow ec2:DescribeVolumes, ec2:DescribeSnapshots, ec2:CreateSnapshot, ec2:CreateTags and ec2:DeleteSnapshot.'

/** @param what subject of its errors */
export function ec2At(place: Place, what: string): Ec2 {
  async function run(operation: string, request: object, query: string, despiteInterrupt: boolean): Promise<string> {
    // As JSON no value can be taken for an option, a file or the CLI's shorthand.
    const input = JSON.stringify(request)
    const finished = await place.run({
      argv: ['aws', 'ec2', operation, '--cli-input-json', input, '--query', query, '--output', 'json'],
      env: { AWS_PAGER: '' },
      captureBytes: REPLY_BYTES,
      despiteInterrupt,
    })
    if (finished.code === 0) return finished.stdout.toString()
    throw sourceFailed(what, ownWords(finished, []), DENIED.test(finished.stderr) ? REMEDY : undefined)
  }

  return {
    call: async (operation, request, query) => JSON.parse(await run(operation, request, query, false)),
    callDespiteInterrupt: async (operation, request, query) =>
      JSON.parse((await run(operation, request, query, true)) || 'null'),
    async rehearse(operation, request) {
      await run(operation, { ...request, DryRun: true }, '@', false).catch((error: Error) => {
        if (!WOULD_DO.test(error.message)) throw error
      })
    },
  }
}
