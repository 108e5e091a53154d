// The small repository that the demo plays with: its root uses only what Terraform itself brings.

const TERRAFORM = `terraform {
  backend "local" {}
}

variable "database_password" {
  type      = string
  sensitive = true
}
`

const NETWORK = `resource "terraform_data" "network" {
  input = { cidr = "10.0.0.0/16", zones = ["a", "b"] }
}

output "network" {
  value = terraform_data.network.output.cidr
}
`

function database(release: string): string {
  return `resource "terraform_data" "database" {
  input            = { engine = "postgres", size = "small", password = var.database_password }
  triggers_replace = ["${release}"]
}
`
}

function web(count: number, image: string): string {
  return `resource "terraform_data" "web" {
  count = ${count}
  input = { name = "web-\${count.index}", image = "${image}" }
}
`
}

const CACHE = `resource "terraform_data" "cache" {
  input = { engine = "memcached", size = "small" }
}
`

export const files = { 'README.md': '# A service\n', 'infra/terraform.tf': TERRAFORM }

/** What the first pull request brings: the service as it stands before the story. */
export const firstService = {
  'infra/network.tf': NETWORK,
  'infra/database.tf': database('postgres-16'),
  'infra/web.tf': web(2, 'web:1.0'),
  'infra/cache.tf': CACHE,
}

/** What the second pull request proposes at first. */
export const firstPush = { 'infra/web.tf': web(3, 'web:1.1'), 'infra/cache.tf': null }

/** What its second push adds: the database is to be replaced. */
export const secondPush = { 'infra/database.tf': database('postgres-17') }
