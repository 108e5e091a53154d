/** Labels and annotations that the action writes or heeds. */
export const names = {
  /** Label of every applied object, of the pods of its workloads, and of the action's own objects. */
  app: 'ondol.dev/app',
  /** Label of the action's own objects: what it is (`lock`, `snapshot`, `inventory`, `revision`, `digest-key`). */
  part: 'ondol.dev/part',
  /** Annotations of applied objects: which deployment wrote it. */
  revision: 'ondol.dev/revision',
  commit: 'ondol.dev/commit',
  run: 'ondol.dev/run',
  actor: 'ondol.dev/actor',
  /** Annotation of applied objects: the app's namespace. An app of the same name in another one is another app. */
  home: 'ondol.dev/home',
  /** Annotation of a recorded revision that was made by going back: the one whose set it is. */
  restores: 'ondol.dev/restores',
  /** Annotation of pod templates: a digest of the ConfigMaps and Secrets that they use. */
  configHash: 'ondol.dev/config-hash',
  /** Annotation of a Job: `pre-deploy` or `post-deploy`. */
  hook: 'ondol.dev/hook',
  /** Annotation of an object: how long it alone may take, such as `5m`. */
  timeout: 'ondol.dev/timeout',
  /** Annotation of an object that is never pruned: `keep`. */
  prune: 'ondol.dev/prune',
  /** Label of canary pods and Deployments, and of the pods of one side of a blue-green Deployment. */
  track: 'ondol.dev/track',
} as const
