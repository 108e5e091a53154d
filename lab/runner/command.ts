// Workflow commands in a log line, parsed as actions/runner does (ActionCommand.cs).

export interface Command {
  /** Lower case: the runner compares names without case */
  name: string
  /** Keys in lower case, for the same reason */
  properties: ReadonlyMap<string, string>
  data: string
}

/** The commands the runner registers at the start of a step. */
export const registeredCommands: readonly string[] = [
  'stop-commands',
  'error',
  'warning',
  'notice',
  'debug',
  'group',
  'endgroup',
  'add-mask',
  'add-matcher',
  'remove-matcher',
  'echo',
  'set-output',
  'save-state',
  'set-env',
  'add-path',
]

interface Form {
  pattern: RegExp
  separator: string
  decode: { property: (value: string) => string; data: (value: string) => string }
}

// `%25` last: decoded first it would turn `%250A` into a line break.
const decodeData = (value: string): string =>
  value.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
const decodeProperty = (value: string): string => decodeData(value.replaceAll('%3A', ':').replaceAll('%2C', ','))
const decodeOld = (value: string): string => decodeData(value.replaceAll('%3B', ';').replaceAll('%5D', ']'))

/** `::name key=value,key=value::data` at the start of a line, after white space. */
const currentForm: Form = {
  pattern: /^\s*::(.*?)::(.*)$/s,
  separator: ',',
  decode: { property: decodeProperty, data: decodeData },
}

/** `##[name key=value;key=value]data` anywhere in a line. */
const oldForm: Form = {
  pattern: /##\[(.*?)\](.*)$/s,
  separator: ';',
  decode: { property: decodeOld, data: decodeOld },
}

/** The command in a line, or null when the line is plain text: only registered names count. */
export function parseCommand(line: string, isRegistered: (name: string) => boolean): Command | null {
  return parse(line, currentForm, isRegistered) ?? parse(line, oldForm, isRegistered)
}

function parse(line: string, form: Form, isRegistered: (name: string) => boolean): Command | null {
  const [, head, data] = form.pattern.exec(line) ?? []
  if (head === undefined || data === undefined) return null
  const [, name = '', properties = ''] = /^([^ ]*) *(.*)$/s.exec(head) ?? []
  if (!isRegistered(name.toLowerCase())) return null
  return {
    name: name.toLowerCase(),
    properties: new Map(properties.split(form.separator).flatMap((pair) => property(pair, form.decode.property))),
    data: form.decode.data(data),
  }
}

function property(pair: string, decode: (value: string) => string): [string, string][] {
  const [, key, value] = /^([^=]+)=(.+)$/s.exec(pair) ?? []
  return key === undefined || value === undefined ? [] : [[key.toLowerCase(), decode(value)]]
}
