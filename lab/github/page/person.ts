import { createHash } from 'node:crypto'
import type { User } from '../world/user.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'

/** What is shown of an account. */
export type Person = Pick<User, 'login' | 'type'>

type Size = 'large' | 'small'

const CELL = 14

/** Five columns that mirror at the middle one, and a colour, drawn from the login: GitHub's picture of who has none. */
function identicon(login: string, size: Size): Html {
  const digest = createHash('md5').update(login).digest()
  const isFilled = (column: number, row: number): boolean =>
    (digest[Math.min(column, 4 - column) * 5 + row] ?? 0) % 2 === 0
  const cells = Array.from({ length: 25 }, (_, index) => ({ column: index % 5, row: Math.floor(index / 5) }))
    .filter(({ column, row }) => isFilled(column, row))
    .map(({ column, row }) => `M${column * CELL + 5} ${row * CELL + 5}h${CELL}v${CELL}h-${CELL}z`)
  const hue = Math.round(((digest[15] ?? 0) / 255) * 360)
  return html`<svg class="avatar ${size}" viewBox="-12 -12 104 104" aria-hidden="true"><rect x="-12" y="-12" width="104" height="104" fill="#f0f0f0"/><path fill="hsl(${hue} 50% 60%)" d="${cells.join('')}"/></svg>`
}

/** The picture beside what an account wrote; apps have square ones. */
export function avatar({ login, type }: Person, size: Size): Html {
  return type === 'Bot'
    ? html`<span class="avatar of-app ${size}">${icon(login === 'github-actions[bot]' ? 'play' : 'hubot')}</span>`
    : identicon(login, size)
}

/** The account's name as a sentence begins with it. */
export function nameOf({ login, type }: Person): Html {
  const mark = type === 'Bot' ? html` <span class="tag">bot</span>` : null
  return html`<strong class="login">${login.replace(/\[bot\]$/, '')}</strong>${mark}`
}
