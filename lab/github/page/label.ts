import type { Label } from '../world/issue.ts'
import { type Html, html } from './html.ts'

/** How light a colour of six hex digits looks, 0 to 1. */
function lightness(color: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
  return (red * 0.2126 + green * 0.7152 + blue * 0.0722) / 255
}

export function labelHtml({ name, color }: Label): Html {
  const known = /^[0-9a-f]{6}$/i.test(color) ? color : 'ededed'
  const ink = lightness(known) > 0.453 ? '#1f2328' : '#ffffff'
  return html`<span class="label" style="background:#${known};color:${ink}">${name}</span>`
}
