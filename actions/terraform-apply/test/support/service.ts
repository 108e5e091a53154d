/** A root that shows its whole behaviour with Terraform's built-in provider: values, a secret, a count, a provisioner. */
export const SERVICE = `
variable "size" {
  default = "small"
}

variable "password" {
  default   = "first-password"
  sensitive = true
}

variable "extra" {
  default = 0
}

variable "command" {
  default = "true"
}

resource "terraform_data" "app" {
  input = { size = var.size, password = var.password }
}

resource "terraform_data" "extra" {
  count = var.extra
  input = "extra"
}

resource "terraform_data" "hook" {
  input = "hook"
  provisioner "local-exec" {
    command = var.command
  }
}

output "size" {
  value = var.size
}

output "password" {
  value     = var.password
  sensitive = true
}
`

export const serviceFiles = { 'infra/main.tf': SERVICE }

/** The change that pull requests of tests propose. */
export const proposal = { 'infra/added.tf': 'resource "terraform_data" "added" {\n  input = "added"\n}\n' }

export const APPLIED = {
  'terraform_data.app': { size: 'small', password: 'first-password' },
  'terraform_data.hook': 'hook',
  'terraform_data.added': 'added',
}
