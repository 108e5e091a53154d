import { invalidInput } from '../../../../lib/action/errors.ts'
import { isMap } from './json.ts'

/** Throws `invalid-input` for a value of another shape; `path` says where it stands in the plan. */
export type Shape = (value: unknown, path: string) => void

export const anything: Shape = () => {}

export const text: Shape = (value, path) => {
  if (typeof value !== 'string') throw unreadable(`has no text at ${path}`)
}

export const flag: Shape = (value, path) => {
  if (typeof value !== 'boolean') throw unreadable(`has neither true nor false at ${path}`)
}

/** Go leaves an empty list or map out, or writes it as null. */
export function orNull(shape: Shape): Shape {
  return (value, path) => {
    if (value !== null) shape(value, path)
  }
}

export function listOf(item: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) throw unreadable(`has no list at ${path}`)
    for (const [index, inner] of value.entries()) item(inner, `${path}[${index}]`)
  }
}

export function mapOf(item: Shape): Shape {
  return (value, path) => {
    if (!isMap(value)) throw unreadable(`has no object at ${path}`)
    if (item === anything) return
    for (const [key, inner] of Object.entries(value)) item(inner, `${path}.${key}`)
  }
}

/** A map with these keys; others are not looked at. */
export function object(required: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>>): Shape {
  const shapes = Object.entries({ ...optional, ...required })
  return (value, path) => {
    if (!isMap(value)) throw unreadable(`has no object at ${path}`)
    for (const [key, shape] of shapes) {
      if (Object.hasOwn(value, key)) shape(value[key], `${path}.${key}`)
      else if (Object.hasOwn(required, key)) throw unreadable(`has no "${key}" at ${path}`)
    }
  }
}

export function unreadable(what: string): Error {
  return invalidInput(`The plan can't be read: it ${what}.`)
}
