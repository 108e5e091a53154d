import { UserError } from '../../../../lib/action/errors.ts'
import { DeployError, type Failure, failureReasons } from '../failure.ts'
import { describeRef, type Ref } from '../kube/objects.ts'
import { ApiError, NO_CLUSTER } from './api-error.ts'
import { explainForbidden } from './explain-forbidden.ts'
import { explainConflict, explainInvalid, explainWrongType } from './explain-invalid.ts'
import { explainUnreadable } from './explain-unreadable.ts'
import type { Explain, Explanation } from './explanation.ts'

/** Policies answer with any status, so they are looked for before the status is. */
const RULES: readonly Explain[] = [
  explainOwn,
  explainAdmission,
  explainWebhook,
  explainUnauthorized,
  explainForbidden,
  explainConflict,
  explainWrongType,
  explainUnreadable,
  explainInvalid,
  explainNotFound,
  explainServer,
]

/**
 * What an error of the API means for a deployment. `ref` says what was being written, when the error doesn't. An error that is
 * already explained stays as it is; what isn't the API's becomes `unexpected`.
 */
export function explainApiError(error: unknown, ref?: Ref): DeployError {
  if (error instanceof DeployError) return error
  if (error instanceof UserError) {
    const { message, remedy } = error
    const reason = failureReasons.find((known) => known === error.reason) ?? 'unexpected'
    return new DeployError({ reason, message, ...(remedy === undefined ? {} : { remedy }), ...about(ref) }, error)
  }
  if (!(error instanceof ApiError)) {
    const message = error instanceof Error ? error.message : String(error)
    return new DeployError({ reason: 'unexpected', message, ...about(ref) }, error)
  }
  const subject = ref ?? error.asked?.ref
  const failure = firstOf(error, nameOf(subject, error))
  return new DeployError({ ...failure, ...about(subject) }, error)
}

/** The same, as a report has it. */
export function explained(error: unknown): Failure {
  return explainApiError(error).failure
}

function firstOf(error: ApiError, subject: string): Explanation {
  for (const explain of RULES) {
    const failure = explain(error, subject)
    if (failure !== undefined) return failure
  }
  return { reason: 'invalid-manifest', message: `${subject}: the API answers ${error.status}: ${error.message}` }
}

function about(ref: Ref | undefined): { object?: Ref } {
  return ref !== undefined && ref.name !== '' ? { object: ref } : {}
}

function nameOf(ref: Ref | undefined, { asked }: ApiError): string {
  if (ref !== undefined) return ref.name === '' ? ref.kind : describeRef(ref)
  return asked?.resource || 'The cluster'
}

function explainOwn({ status, reason, message }: ApiError, subject: string): Explanation | undefined {
  if (status !== 0) return undefined
  switch (reason) {
    case 'UnknownKind':
      return {
        reason: 'invalid-manifest',
        message: `${subject}: ${message}`,
        remedy: 'Correct apiVersion and kind, or install what defines the kind first.',
      }
    case 'InvalidKubeconfig':
      return {
        reason: 'invalid-input',
        message: `kubectl can't use the kubeconfig: ${refusalOf(message)}`,
        remedy: 'Check the inputs kubeconfig, kubeconfig-path and context.',
      }
    case 'CredentialsFailed':
      return {
        reason: 'unauthorized',
        message: `The kubeconfig's user gets no credentials: ${firstLine(message.replace(/^getting credentials: /, ''))}`,
        remedy:
          'Log in to the cloud before this step, and make sure that the program the kubeconfig names is installed.',
      }
    default:
      return explainUnreachable(message)
  }
}

/** After it, kubectl explains what its plugins are. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

/** A user without credentials is asked for a name and a password, which nobody is there to type. */
function refusalOf(stderr: string): string {
  const said = stderr.replace(/^error: /, '')
  return said === 'EOF' ? 'its user has no credentials' : said
}

function explainUnreachable(message: string): Explanation {
  if (NO_CLUSTER.test(message)) {
    return {
      reason: 'invalid-input',
      message: 'There is no kubeconfig: kubectl finds none, and falls back to localhost:8080 where nobody answers.',
      remedy:
        'Set the input kubeconfig or kubeconfig-path, or log in to the cluster before this step. A pull request of a fork gets no secrets.',
    }
  }
  return {
    reason: 'unreachable',
    message: `The cluster doesn't answer: ${message}`,
    remedy: /x509|certificate/.test(message)
      ? 'Does the kubeconfig have the right server and certificate-authority-data?'
      : "May this runner reach the kubeconfig's server (address, firewall, VPN, proxy)?",
  }
}

const POLICIES = [
  /ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request: ?(.*)/s,
  /admission webhook "([^"]+)" denied the request(?: without explanation|: ?(.*))/s,
]

function explainAdmission({ message }: ApiError, subject: string): Explanation | undefined {
  const said = POLICIES.map((policy) => policy.exec(message)).find((match) => match !== null)
  const standard = /violates PodSecurity "([^"]+)": (.*)/s.exec(message)
  if (standard) {
    return {
      reason: 'admission-denied',
      message: `${subject}: the pod security standard \`${standard[1]}\` of its namespace denies it: ${standard[2]}`,
      remedy: 'Set what it asks for in the securityContext of the pod and its containers.',
    }
  }
  if (!said) return undefined
  return {
    reason: 'admission-denied',
    message: `${subject}: the policy \`${said[1]}\` denies it${said[2] ? `: ${said[2].trim()}` : ''}`,
    remedy: 'Change the manifest so that the policy allows it, or ask whoever keeps the policy.',
  }
}

/** Only calls that failed: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/ */
function explainWebhook({ status, message }: ApiError, subject: string): Explanation | undefined {
  const failed = /failed calling webhook "([^"]+)": (.*)/s.exec(message)
  if (failed && status >= 500) {
    return {
      reason: 'webhook-failed',
      message: `${subject}: the admission webhook \`${failed[1]}\`, which has to allow it, fails: ${failed[2]}`,
      remedy: "Is the webhook's service running? Mend it, or delete its configuration if it was left behind.",
    }
  }
  const blind = /admission webhook "([^"]+)" does not support dry run/.exec(message)
  if (!blind) return undefined
  return {
    reason: 'webhook-failed',
    message: `${subject}: the admission webhook \`${blind[1]}\` does not support dry runs`,
    remedy: 'Its configuration must say sideEffects: None or NoneOnDryRun.',
  }
}

function explainUnauthorized({ status }: ApiError): Explanation | undefined {
  if (status !== 401) return undefined
  return {
    reason: 'unauthorized',
    message: "The cluster doesn't accept the kubeconfig's credentials (401)",
    remedy: 'Renew its token or certificate; with a token that lives short, log in right before this step.',
  }
}

function explainNotFound({ status, message }: ApiError, subject: string): Explanation | undefined {
  if (status !== 404) return undefined
  const namespace = /^namespaces "([^"]+)" not found/.exec(message)?.[1]
  return {
    reason: 'invalid-manifest',
    message:
      namespace === undefined
        ? `${subject}: it, or what it needs, isn't there: ${message}`
        : `${subject}: its namespace \`${namespace}\` doesn't exist`,
    ...(namespace !== undefined && { remedy: 'Create it first, or add the Namespace to the manifests.' }),
  }
}

function explainServer({ status, message }: ApiError, subject: string): Explanation | undefined {
  if (status !== 429 && status < 500) return undefined
  return {
    reason: 'unreachable',
    message: `${subject}: the API answers ${status} again and again: ${message}`,
    remedy: 'Is the control plane overloaded or being changed? Run the step again when it is well.',
  }
}
