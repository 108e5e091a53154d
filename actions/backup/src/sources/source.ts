/** Where a source lives: the `on:` of its entry. */
export type Location =
  | { kind: 'local' }
  | { kind: 'ssh'; user: string | undefined; host: string; port: number | undefined }
  | KubernetesLocation
  | { kind: 'docker'; container: string }
  | { kind: 'ssm'; user: string; instance: string }

export interface KubernetesLocation {
  kind: 'kubernetes'
  namespace: string
  resource: string
  name: string
  container: string | undefined
}

interface Common {
  /** Its place in the input and its kind, e.g. `1-files`: all that the bucket tells of it. */
  id: string
  on: Location
}

export interface FilesSource extends Common {
  kind: 'files'
  /** Absolute, normalised, none inside another. */
  paths: string[]
  /** Patterns as tar's --exclude has them, unanchored, `*` also over slashes. */
  exclude: string[]
}

/** How a database server is reached. Values ending in -env name variables of the step; they are resolved only when used. */
export interface Server {
  urlEnv: string | undefined
  host: string | undefined
  port: number | undefined
  user: string | undefined
  userEnv: string | undefined
  passwordEnv: string | undefined
}

export interface PostgresSource extends Common {
  kind: 'postgres'
  server: Server
  databases: 'all' | string[]
  globals: boolean
  method: 'dump' | 'basebackup'
}

export interface MysqlSource extends Common {
  kind: 'mysql'
  server: Server
  databases: 'all' | string[]
  method: 'dump' | 'mariabackup'
}

export interface CommandSource extends Common {
  kind: 'command'
  name: string
  run: string[]
  minBytes: number
}

export interface EtcdSource extends Common {
  kind: 'etcd-snapshot' | 'k3s-snapshot'
}

/** At least one of both has something. */
export interface EbsSource extends Common {
  kind: 'ebs-snapshot'
  /** Ids of volumes, besides those that `tags` finds. */
  volumes: string[]
  /** All of them; `*` and `?` in a value are wildcards, as in every filter of EC2. */
  tags: Record<string, string>
}

export interface VolumeSource extends Common {
  kind: 'volume-snapshot'
  on: KubernetesLocation
  /** Name of the PersistentVolumeClaim, in the namespace of `on`. */
  claim: string
  /** Of the VolumeSnapshotClass; absent means the default one of the claim's driver. */
  snapshotClass: string | undefined
}

/** Commands around a source; `post` runs whatever became of it. */
export interface Hooks {
  pre: string[] | undefined
  post: string[] | undefined
}

export type Source = (
  | FilesSource
  | PostgresSource
  | MysqlSource
  | CommandSource
  | EtcdSource
  | EbsSource
  | VolumeSource
) & { hooks: Hooks }

/** Sources whose data is one stream of bytes a database or command. */
export type StreamSource = PostgresSource | MysqlSource | CommandSource | EtcdSource
