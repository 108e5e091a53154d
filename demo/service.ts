// The small repository that the demo plays with: its root uses only what Terraform itself brings.

export const files = {
  'README.md': '# A service\n',
  'infra/main.tf': `terraform {
  backend "local" {}
}

variable "database_password" {
  type      = string
  sensitive = true
}

resource "terraform_data" "network" {
  input = { cidr = "10.0.0.0/16", zones = ["a", "b"] }
}

resource "terraform_data" "database" {
  input = { engine = "postgres", size = "small", password = var.database_password }
}

output "network" {
  value = terraform_data.network.output.cidr
}
`,
}

/** What the pull request adds. */
export const firstPush = {
  'infra/web.tf': `resource "terraform_data" "web" {
  count = 2
  input = { name = "web-\${count.index}", image = "web:1.0" }
}
`,
}

/** What its second push makes of it. */
export const secondPush = {
  'infra/web.tf': `resource "terraform_data" "web" {
  count = 3
  input = { name = "web-\${count.index}", image = "web:1.1" }

  # Something to do while the apply runs.
  provisioner "local-exec" {
    command = "sleep 1"
  }
}
`,
}
