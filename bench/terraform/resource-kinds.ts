// What a large estate is made of, each kind as its provider shows it in a plan.
import type { Json, JsonObject } from '../../actions/terraform-apply/src/plan/json.ts'
import type { Random } from '../random.ts'

export interface ResourceKind {
  type: string
  provider: string
  /** How many of a hundred resources are of this kind. */
  share: number
  /** All attributes of an object that exists. */
  attributes(random: Random, index: number): JsonObject
  /** Attributes that only the provider knows before the object exists. */
  computed: readonly string[]
  sensitive: readonly string[]
  /** The attributes that an update gives another value. */
  updated(attributes: JsonObject, random: Random): JsonObject
  /** A new value of this attribute replaces the object. */
  immutable: string
}

const AWS = 'registry.terraform.io/hashicorp/aws'
const REGISTRY = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'

export const resourceKinds: readonly ResourceKind[] = [
  {
    type: 'aws_instance',
    provider: AWS,
    share: 15,
    attributes: (random, index) => ({
      ami: `ami-${random.hex(17)}`,
      arn: `arn:aws:ec2:eu-central-1:123456789012:instance/i-${random.hex(17)}`,
      availability_zone: `eu-central-1${random.pick(['a', 'b', 'c'])}`,
      ebs_block_device: [1, 2].map((disk) => ({
        delete_on_termination: true,
        device_name: `/dev/sd${disk}`,
        encrypted: true,
        iops: 3000,
        kms_key_id: `arn:aws:kms:eu-central-1:123456789012:key/${random.hex(32)}`,
        throughput: 125,
        volume_id: `vol-${random.hex(17)}`,
        volume_size: 50 + random.int(200),
        volume_type: 'gp3',
      })),
      iam_instance_profile: `worker-${index}`,
      id: `i-${random.hex(17)}`,
      instance_type: random.pick(['m7i.large', 'm7i.xlarge', 'c7g.2xlarge']),
      metadata_options: [{ http_endpoint: 'enabled', http_put_response_hop_limit: 2, http_tokens: 'required' }],
      monitoring: true,
      private_ip: `10.${random.int(256)}.${random.int(256)}.${random.int(256)}`,
      subnet_id: `subnet-${random.hex(17)}`,
      tags: tags(random, index),
      user_data: null,
      user_data_base64: random.hex(200),
      vpc_security_group_ids: [`sg-${random.hex(17)}`, `sg-${random.hex(17)}`],
    }),
    computed: ['arn', 'ebs_block_device', 'id', 'private_ip'],
    sensitive: [],
    updated: ({ tags }, random) => ({
      instance_type: 'm7i.2xlarge',
      tags: { ...(tags as JsonObject), release: random.hex(7) },
    }),
    immutable: 'ami',
  },
  {
    type: 'aws_iam_role_policy',
    provider: AWS,
    share: 15,
    attributes: (random, index) => ({
      id: `service-${index}:access`,
      name: 'access',
      name_prefix: null,
      policy: policy(random, 4),
      role: `service-${index}`,
    }),
    computed: ['id'],
    sensitive: [],
    updated: (_attributes, random) => ({ policy: policy(random, 5) }),
    immutable: 'role',
  },
  {
    type: 'aws_security_group',
    provider: AWS,
    share: 10,
    attributes: (random, index) => ({
      arn: `arn:aws:ec2:eu-central-1:123456789012:security-group/sg-${random.hex(17)}`,
      description: `Traffic of service ${index}`,
      egress: [rule(random, 0)],
      id: `sg-${random.hex(17)}`,
      ingress: [80, 443, 8080, 9090, 9100].map((port) => rule(random, port)),
      name: `service-${index}`,
      revoke_rules_on_delete: false,
      tags: tags(random, index),
      vpc_id: `vpc-${random.hex(17)}`,
    }),
    computed: ['arn', 'id'],
    sensitive: [],
    updated: ({ ingress }, random) => ({ ingress: [...(ingress as Json[]).slice(1), rule(random, 5432)] }),
    immutable: 'name',
  },
  {
    type: 'kubernetes_deployment_v1',
    provider: 'registry.terraform.io/hashicorp/kubernetes',
    share: 10,
    attributes: (random, index) => ({
      id: `service/service-${index}`,
      metadata: [
        { generation: random.int(40), labels: tags(random, index), name: `service-${index}`, namespace: 'service' },
      ],
      spec: [deployment(random, index)],
      timeouts: null,
      wait_for_rollout: true,
    }),
    computed: ['id'],
    sensitive: [],
    updated: (_attributes, random) => ({ spec: [deployment(random, random.int(10_000))] }),
    immutable: 'metadata',
  },
  {
    type: 'aws_route53_record',
    provider: AWS,
    share: 40,
    attributes: (random, index) => ({
      alias: [],
      allow_overwrite: null,
      failover_routing_policy: [],
      fqdn: `service-${index}.example.com`,
      id: `Z${random.hex(20).toUpperCase()}_service-${index}.example.com_A`,
      multivalue_answer_routing_policy: false,
      name: `service-${index}.example.com`,
      records: [`203.0.113.${random.int(256)}`, `198.51.100.${random.int(256)}`],
      ttl: 300,
      type: 'A',
      weighted_routing_policy: [{ weight: random.int(100) }],
      zone_id: `Z${random.hex(20).toUpperCase()}`,
    }),
    computed: ['fqdn', 'id'],
    sensitive: [],
    updated: (_attributes, random) => ({ records: [`203.0.113.${random.int(256)}`], ttl: 60 }),
    immutable: 'zone_id',
  },
  {
    type: 'aws_db_instance',
    provider: AWS,
    share: 5,
    attributes: (random, index) => ({
      address: `service-${index}.${random.hex(12)}.eu-central-1.rds.amazonaws.com`,
      allocated_storage: 100,
      backup_retention_period: 14,
      deletion_protection: true,
      engine: 'postgres',
      engine_version: '17.4',
      id: `db-${random.hex(24).toUpperCase()}`,
      identifier: `service-${index}`,
      instance_class: 'db.m7g.large',
      parameter_group_name: 'postgres17',
      password: random.hex(32),
      port: 5432,
      storage_encrypted: true,
      tags: tags(random, index),
      username: 'service',
    }),
    computed: ['address', 'id'],
    sensitive: ['password'],
    updated: (_attributes, random) => ({ instance_class: 'db.m7g.xlarge', password: random.hex(32) }),
    immutable: 'identifier',
  },
  {
    type: 'aws_ssm_parameter',
    provider: AWS,
    share: 5,
    attributes: (random, index) => ({
      arn: `arn:aws:ssm:eu-central-1:123456789012:parameter/service/${index}/configuration`,
      data_type: 'text',
      id: `/service/${index}/configuration`,
      name: `/service/${index}/configuration`,
      tags: tags(random, index),
      tier: 'Standard',
      type: 'SecureString',
      value: configuration(random, index),
      version: random.int(90),
    }),
    computed: ['arn', 'id', 'version'],
    sensitive: ['value'],
    updated: (_attributes, random) => ({ value: configuration(random, random.int(10_000)) }),
    immutable: 'name',
  },
]

function tags(random: Random, index: number): JsonObject {
  return {
    'app.kubernetes.io/managed-by': 'terraform',
    'app.kubernetes.io/name': `service-${index}`,
    cost_centre: String(4000 + random.int(1000)),
    environment: random.pick(['production', 'staging', 'development']),
    release: random.hex(7),
  }
}

function policy(random: Random, statements: number): string {
  const statement = (_: unknown, index: number): JsonObject => ({
    Action: ['s3:GetObject', 's3:PutObject', random.pick(['s3:ListBucket', 's3:DeleteObject'])],
    Condition: { StringEquals: { 'aws:SourceVpc': `vpc-${random.hex(17)}` } },
    Effect: 'Allow',
    Resource: [`arn:aws:s3:::bucket-${random.hex(8)}`, `arn:aws:s3:::bucket-${random.hex(8)}/*`],
    Sid: `Statement${index}`,
  })
  return JSON.stringify({ Statement: Array.from({ length: statements }, statement), Version: '2012-10-17' })
}

function rule(random: Random, port: number): JsonObject {
  return {
    cidr_blocks: [`10.${random.int(256)}.0.0/16`, `10.${random.int(256)}.${random.int(256)}.0/24`],
    description: `Port ${port}`,
    from_port: port,
    ipv6_cidr_blocks: [`fd00:${random.hex(4)}::/32`],
    prefix_list_ids: [],
    protocol: port === 0 ? '-1' : 'tcp',
    security_groups: [`sg-${random.hex(17)}`],
    self: false,
    to_port: port,
  }
}

function deployment(random: Random, index: number): JsonObject {
  const variable = (_: unknown, place: number): JsonObject => ({
    name: `SETTING_${place}`,
    value: random.hex(12),
    value_from: [],
  })
  const container = {
    args: ['--listen=:8080', `--shard=${random.int(64)}`],
    env: Array.from({ length: 8 }, variable),
    image: `${REGISTRY}/service-${index}@sha256:${random.hex(64)}`,
    liveness_probe: [{ failure_threshold: 3, http_get: [{ path: '/live', port: '8080' }], period_seconds: 10 }],
    name: 'service',
    resources: [{ limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '250m', memory: '512Mi' } }],
  }
  return {
    replicas: String(1 + random.int(12)),
    selector: [{ match_expressions: [], match_labels: { app: `service-${index}` } }],
    template: [
      {
        metadata: [{ labels: { app: `service-${index}`, release: random.hex(7) } }],
        spec: [{ container: [container], node_selector: { pool: 'general' }, service_account_name: 'service' }],
      },
    ],
  }
}

function configuration(random: Random, index: number): string {
  const lines = Array.from({ length: 10 }, (_, line) => `setting_${line} = "${random.hex(24)}"`)
  return [`# service ${index}`, '[service]', ...lines, ''].join('\n')
}
