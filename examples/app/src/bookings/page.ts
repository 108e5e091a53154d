import { createHash } from 'node:crypto'
import type { Booking } from './booking.ts'

const style = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fdfcf9 }
h1 { font-size: 1.6rem }
ol { list-style: none; padding: 0 }
li { border-left: 4px solid #b5552b; padding: .25rem .75rem; margin: .75rem 0; background: #fff }
time, small { color: #555 }
p[role=alert] { border-left: 4px solid #b00020; padding: .5rem .75rem; background: #fff }
label { display: block; margin: .5rem 0 }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .3rem }
button { font: inherit; padding: .4rem 1rem; margin-top: .5rem }
`

/** Nothing but this page's own style, and forms that lead back here. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** @param problem a sentence to show above the form */
export function page(bookings: readonly Booking[], problem?: string): string {
  const list = bookings.length === 0 ? '<p>The room is free.</p>' : `<ol>${bookings.map(item).join('')}</ol>`
  const alert = problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The meeting room</title>
<style>${style}</style>
</head>
<body>
<h1>The meeting room</h1>
${list}
<h2>Book it</h2>
${alert}
<form method="post" action="/bookings">
<label>What for <input name="title" required maxlength="120"></label>
<label>Your name <input name="bookedBy" required maxlength="80"></label>
<label>From (UTC) <input name="start" type="datetime-local" required></label>
<label>To (UTC) <input name="end" type="datetime-local" required></label>
<label>Note <input name="note" maxlength="1000"></label>
<button>Book</button>
</form>
</body>
</html>
`
}

function item({ title, bookedBy, start, end, note }: Booking): string {
  const remark = note === '' ? '' : `<br><bdi>${escapeHtml(note)}</bdi>`
  // <bdi> keeps text that is written from right to left from turning its surroundings around.
  return `<li><strong><bdi>${escapeHtml(title)}</bdi></strong> <small><bdi>${escapeHtml(bookedBy)}</bdi></small><br>${time(start)} – ${time(end)}${remark}</li>`
}

function time(moment: Date): string {
  const iso = moment.toISOString()
  return `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For the text between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
