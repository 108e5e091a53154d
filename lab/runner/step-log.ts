// What the runner makes of a step's lines: annotations, groups, masks, and the log a person sees.
import { isAbsolute, relative, sep } from 'node:path'
import { type Command, parseCommand, registeredCommands } from './command.ts'
import type { Annotation, Group, Level } from './contract.ts'
import type { Masker } from './masker.ts'

const annotationsPerLevel = 10
const messageLimit = 4096

export interface StepLog {
  accept(line: string): void
  annotate(level: Level, message: string): void
  /** An error of the runner itself about what the step did, which fails the step */
  fail(message: string): void
  readonly lines: string[]
  readonly raw: string[]
  readonly annotations: Annotation[]
  readonly dropped: number
  readonly groups: Group[]
  readonly masks: string[]
  /** From the old `::set-output::` and `::save-state::` */
  readonly outputs: Map<string, string>
  readonly state: Map<string, string>
  readonly failed: boolean
}

export interface StepLogOptions {
  masker: Masker
  workspace: string
  /** RUNNER_DEBUG: without it debug lines are not shown */
  debug: boolean
  onLine: (line: string) => void
}

export function createStepLog(options: StepLogOptions): StepLog {
  const { masker, workspace, debug, onLine } = options
  const lines: string[] = []
  const raw: string[] = []
  const annotations: Annotation[] = []
  const groups: Group[] = []
  const masks: string[] = []
  const outputs = new Map<string, string>()
  const state = new Map<string, string>()
  let openGroup: Group | undefined
  let stopToken: string | undefined
  let dropped = 0
  let failed = false

  function show(text: string): void {
    for (const line of masker.mask(text).split(/\r\n|\n|\r/)) {
      lines.push(line)
      openGroup?.lines.push(line)
      onLine(line)
    }
  }

  function addAnnotation(annotation: Annotation): void {
    const { level } = annotation
    show(`${level[0]?.toUpperCase()}${level.slice(1)}: ${annotation.message}`)
    const masked = { ...annotation, message: masker.mask(annotation.message).slice(0, messageLimit) }
    if (annotation.title !== undefined) masked.title = masker.mask(annotation.title)
    if (annotations.filter((other) => other.level === level).length < annotationsPerLevel) annotations.push(masked)
    else dropped++
  }

  const annotate = (level: Level, message: string): void => addAnnotation({ level, message })

  function fail(message: string): void {
    annotate('error', message)
    failed = true
  }

  function setByOldCommand(command: Command, values: Map<string, string>): void {
    annotate(
      'warning',
      `The \`${command.name}\` command is deprecated and will be disabled soon. Please upgrade to using Environment Files.`,
    )
    const name = command.properties.get('name')
    if (name === undefined) fail(`Required field 'name' is missing in ##[${command.name}] command.`)
    else values.set(name, command.data)
  }

  function stopCommands(token: string, line: string): void {
    show(line)
    const taken = token === '' || token === 'pause-logging' || registeredCommands.includes(token.toLowerCase())
    if (taken) {
      fail(
        "You cannot use a endToken that is an empty string, the string 'pause-logging', or another workflow command.",
      )
    } else stopToken = token.toLowerCase()
  }

  function addMask(value: string): void {
    if (value.trim() === '') {
      annotate('warning', "Can't add secret mask for empty string in ##[add-mask] command.")
      return
    }
    masks.push(value)
    masker.add(value)
  }

  const obey: Record<string, (command: Command, line: string) => void> = {
    'stop-commands': ({ data }, line) => stopCommands(data, line),
    error: (command) => addAnnotation(toAnnotation('error', command, workspace)),
    warning: (command) => addAnnotation(toAnnotation('warning', command, workspace)),
    notice: (command) => addAnnotation(toAnnotation('notice', command, workspace)),
    debug: ({ data }) => debug && show(`##[debug]${data}`),
    group({ data }) {
      openGroup = undefined
      show(data)
      openGroup = { title: masker.mask(data), lines: [] }
      groups.push(openGroup)
    },
    endgroup() {
      openGroup = undefined
    },
    'add-mask': ({ data }) => addMask(data),
    'set-output': (command) => setByOldCommand(command, outputs),
    'save-state': (command) => setByOldCommand(command, state),
    'set-env': ({ name }) => fail(`The \`${name}\` command is disabled. Please upgrade to using Environment Files.`),
    'add-path': ({ name }) => fail(`The \`${name}\` command is disabled. Please upgrade to using Environment Files.`),
  }

  function accept(line: string): void {
    raw.push(line)
    const command = parseCommand(line, (name) => registeredCommands.includes(name) || name === stopToken)
    if (command === null) show(line)
    else if (stopToken === undefined) obey[command.name]?.(command, line)
    else {
      if (command.name === stopToken) stopToken = undefined
      show(line)
    }
  }

  return {
    accept,
    annotate,
    fail,
    lines,
    raw,
    annotations,
    groups,
    masks,
    outputs,
    state,
    get dropped() {
      return dropped
    },
    get failed() {
      return failed
    },
  }
}

function toAnnotation(level: Level, command: Command, workspace: string): Annotation {
  const title = command.properties.get('title')
  const file = command.properties.get('file')
  return {
    level,
    message: command.data,
    ...(title === undefined ? {} : { title }),
    ...(file === undefined ? {} : { file: underWorkspace(file, workspace) }),
    ...place(command),
  }
}

function underWorkspace(file: string, workspace: string): string {
  const inside = relative(workspace, file)
  return isAbsolute(file) && !inside.startsWith('..') ? inside.split(sep).join('/') : file
}

type Place = Pick<Annotation, 'line' | 'endLine' | 'col' | 'endColumn'>

/** Lines and columns that make sense together, by the rules of the runner's ValidateLinesAndColumns. */
function place({ properties }: Command): Place {
  const number = (key: string): number | undefined => {
    const text = properties.get(key)
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
  }
  const endLine = number('endline')
  const line = number('line') ?? endLine
  const lines = span({ line, endLine }, endLine !== undefined && line !== undefined && endLine < line)
  const endColumn = number('endcolumn')
  const col = number('col') ?? endColumn
  const severalLines = endLine !== undefined && endLine !== line
  const backwards = endColumn !== undefined && col !== undefined && endColumn < col
  return { ...lines, ...span({ col, endColumn }, line === undefined || severalLines || backwards) }
}

function span(values: Record<string, number | undefined>, isSenseless: boolean): Place {
  return isSenseless ? {} : Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
