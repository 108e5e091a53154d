import type { Tool } from '../inputs.ts'

/** What the programs differ in, as far as people and files are concerned. */
export interface ToolFacts {
  /** As people call it. */
  name: 'Terraform' | 'OpenTofu'
  program: Tool
  /** Pins a version, as tfenv and tenv read it. */
  versionFile: string
  /** GitHub's action that puts it on PATH. */
  setup: string
  /**
   * Does it evaluate variables as soon as it reads the configuration? OpenTofu does since 1.8 (in backends, module sources
   * and state encryption), so that each of its commands needs their values; Terraform's commands refuse them.
   */
  evaluatesEarly: boolean
}

export const TOOLS: Readonly<Record<Tool, ToolFacts>> = {
  terraform: {
    name: 'Terraform',
    program: 'terraform',
    versionFile: '.terraform-version',
    setup: 'hashicorp/setup-terraform',
    evaluatesEarly: false,
  },
  tofu: {
    name: 'OpenTofu',
    program: 'tofu',
    versionFile: '.opentofu-version',
    setup: 'opentofu/setup-opentofu',
    evaluatesEarly: true,
  },
}
