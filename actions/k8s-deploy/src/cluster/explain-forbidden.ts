import type { Explain, Explanation } from './explanation.ts'

interface Missing {
  verb: string
  resource: string
  group: string
  namespace: string | undefined
  user?: string | undefined
}

/**
 * 403, which is RBAC's, a quota's or an admission plugin's; the API tells them apart only by the text. Also 401 and 422 bear
 * a policy's no, but those are looked for before.
 */
export const explainForbidden: Explain = (error, subject) => {
  if (error.status !== 403) return undefined
  const { message } = error
  const said = message.replace(/^.*? is forbidden: /s, '')
  if (/User "system:anonymous" cannot/.test(message)) return nobody()
  const missing = missingRight(message)
  if (missing !== undefined) return notAllowed(missing)
  if (/exceeded quota|failed quota/.test(message)) {
    return {
      reason: 'quota',
      message: `${subject}: ${said}`,
      remedy: /must specify/.test(message)
        ? 'Set these requests and limits on every container, or set defaults by a LimitRange.'
        : "Ask for less, free something, or have the namespace's ResourceQuota raised.",
    }
  }
  if (/because it is being terminated/.test(message)) {
    return {
      reason: 'conflict',
      message: `${subject}: its namespace is being deleted`,
      remedy: 'Run the step again when the namespace is gone, or choose another.',
    }
  }
  if (error.asked !== undefined && !message.includes(' is forbidden: ')) return notAllowed(error.asked)
  return {
    reason: 'admission-denied',
    message: `${subject}: the cluster's rules deny it: ${said}`,
    remedy: 'Change the manifest so that they allow it, or ask whoever keeps them.',
  }
}

/** Credentials of a kind that the server doesn't know, such as a password, aren't refused: they are ignored. */
function nobody(): Explanation {
  return {
    reason: 'unauthorized',
    message: "The cluster takes the kubeconfig's user for nobody (system:anonymous)",
    remedy: 'Use a token, a certificate or a plugin that this cluster knows.',
  }
}

/** What a deployment needs of these kinds (examples/k8s/access/deployer.yaml); of all others it needs `DEPLOYED`. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  leases: ['get', 'list', 'watch', 'create', 'update'],
  pods: ['get', 'list', 'watch', 'delete'],
  'pods/log': ['get'],
}
const DEPLOYED = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']

/** An object is read before anything else is done with it: whoever may not even do that lacks the rest, too. */
function neededWith({ verb, resource }: Missing, isOfCluster: boolean): readonly string[] {
  return verb !== 'get' || isOfCluster ? [verb] : (NEEDED[resource] ?? DEPLOYED)
}

function notAllowed(missing: Missing): Explanation {
  const { user, verb, resource, group, namespace } = missing
  // A Namespace counts as lying in itself, where a Role can't grant that it's made.
  const isOfCluster = namespace === undefined || resource === 'namespaces'
  const place = isOfCluster ? 'the whole cluster' : `namespace \`${namespace}\``
  const role = isOfCluster ? 'a ClusterRole' : `a Role in namespace \`${namespace}\``
  const verbs = neededWith(missing, isOfCluster)
  const rule = `{apiGroups: ["${group}"], resources: ["${resource}"], verbs: [${verbs.join(', ')}]}`
  const less = verbs === DEPLOYED ? ' For mode diff `get`, `create` and `patch` are enough.' : ''
  return {
    reason: 'forbidden',
    message: `${user === undefined ? "The kubeconfig's user" : `\`${user}\``} may not ${verb} \`${resource}\` in ${place}`,
    remedy: `Add this rule to ${role} that is bound to it: \`- ${rule}\`.${less}`,
  }
}

const RBAC =
  /User "([^"]*)" cannot (\S+) resource "([^"]+)"(?: in API group "([^"]*)")?(?: in the namespace "([^"]+)"| at the cluster scope)?/

function missingRight(message: string): Missing | undefined {
  const match = RBAC.exec(message)
  if (!match) return undefined
  const [, user, verb = '', resource = '', group = '', namespace] = match
  return { user, verb, resource, group, namespace }
}
