import { expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { requirePart } from '../../provision/require-part.ts'
import { useBrowser } from './support/browser.ts'
import { openPageScene } from './support/scene.ts'

const chromium = await requirePart('chromium')

/** What a script of a stranger would do. */
const STRIKE = "window.struck=1;alert('struck');new Image().src='http://elsewhere.example/struck'"
const AWAY = 'http://elsewhere.example'

const HOSTILE: Readonly<Record<string, string>> = {
  'script tags': `<script>${STRIKE}</script>\n\n<script src="${AWAY}/x.js"></script>\n\n<scr<script>ipt>${STRIKE}</script>`,
  'event handlers': `<img src=x onerror="${STRIKE}"> <b onmouseover="${STRIKE}">b</b> <details open ontoggle="${STRIKE}"><summary>s</summary></details> <body onload="${STRIKE}">`,
  'links that run': `[a](javascript:${encodeURIComponent(STRIKE)}) <a href="jAvAsCrIpT&colon;${STRIKE}">b</a> <a href="data:text/html,<script>${STRIKE}</script>">c</a> [d](vbscript:x)\n\n<javascript:alert(1)>`,
  styles: `<style>body{display:none;background:url(${AWAY}/style)}</style><p style="position:fixed;inset:0;background:url(${AWAY}/inline)">cover</p><link rel="stylesheet" href="${AWAY}/x.css">`,
  frames: `<iframe src="${AWAY}" srcdoc="<script>parent.struck=1</script>"></iframe><object data="${AWAY}/o"></object><embed src="${AWAY}/e"><frameset><frame src="${AWAY}"></frameset>`,
  forms: `<form action="${AWAY}/form"><input name="q" autofocus onfocus="${STRIKE}"><button formaction="javascript:${STRIKE}">Sign in</button></form><textarea>t</textarea><meta http-equiv="refresh" content="0;url=${AWAY}"><base href="${AWAY}/">`,
  drawings: `<svg onload="${STRIKE}"><script>${STRIKE}</script><animate onbegin="${STRIKE}" attributeName="x"/><foreignObject><img src=x onerror="${STRIKE}"></foreignObject><use href="${AWAY}/x.svg#a"/></svg><math><mi xlink:href="javascript:${STRIKE}">x</mi></math>`,
  images: `![x](${AWAY}/a.png) <img src="//elsewhere.example/b.png"> <picture><source srcset="${AWAY}/c.png"><img src="${AWAY}/d.png" alt="d"></picture> <video src="${AWAY}/v" poster="${AWAY}/p"></video><audio src="${AWAY}/s" autoplay></audio> ![y](data:image/svg+xml,<svg/onload=alert(1)>)`,
  'comments and instructions': `<!-- <script>${STRIKE}</script> --><!--><script>${STRIKE}</script>--><?php x ?><![CDATA[<script>${STRIKE}</script>]]><!DOCTYPE html>`,
  'clobbering names': `<a id="diagrams" name="location">a</a><img name="querySelectorAll"><p id="struck">p</p><div id="issuecomment-1">d</div>`,
  'tags that close what is not theirs': `</details></div></div></article></main></body></html><script>${STRIKE}</script><div class="part merge"><p>Approved</p></div>`,
  'a table and a template': `<table><tr><td><script>${STRIKE}</script><template><img src=x onerror="${STRIKE}"></template></td></table><noscript><p title="</noscript><img src=x onerror=${STRIKE}>">`,
  'a fence that never ends': `\`\`\`diff\n+ </code></pre><img src=x onerror="${STRIKE}">\n</details><script>${STRIKE}</script>`,
}

const HOSTILE_DIAGRAMS: Readonly<Record<string, string>> = {
  'clicks and links': `graph TD\n  A[a] --> B[b]\n  click A "javascript:${STRIKE.replaceAll('"', '')}"\n  click B href "${AWAY}/click" _blank\n  click A call alert("struck")`,
  'labels with markup': `graph TD\n  A["<img src=x onerror=alert('struck')>"] --> B["<script>alert('struck')</script>"]\n  B --> C["<iframe src='javascript:alert(1)'></iframe><a href='javascript:alert(1)'>x</a>"]`,
  'labels with written-out markup': `graph TD\n  A["&lt;img src=${AWAY}/1 onerror=alert(1)&gt;"] --> B["#lt;img src=${AWAY}/2 onerror=alert(1)#gt;"]\n  B --> C["#60;img src=${AWAY}/3 onerror=alert(1)#62;"]\n  C --> D["&amp;lt;img src=${AWAY}/4 onerror=alert(1)&amp;gt;"]\n  D --> E["&#x3c;img src=${AWAY}/5 onerror=alert(1)&#x3e;"]\n  E --> F["\`<img src=${AWAY}/6 onerror=alert(1)>\`"]\n  F --> G["![x](${AWAY}/7)"]`,
  'another kind of drawing': `sequenceDiagram\n  participant A as <img src=${AWAY}/8 onerror=alert(1)>\n  A->>A: <script>alert(1)</script> #60;img src=${AWAY}/9#62;\n  link A: x @ javascript:alert(1)\n  Note over A: <iframe src=${AWAY}></iframe>`,
  'settings before it': `---\ntitle: <img src=${AWAY}/t onerror=alert(1)>\nconfig:\n  securityLevel: loose\n  htmlLabels: true\n  themeVariables:\n    primaryColor: "red;background:url(${AWAY}/v)"\n---\ngraph TD\n  A["<img src=${AWAY}/j onerror=alert(1)>"]`,
  'directives that ask for more': `%%{init: {"securityLevel": "loose", "htmlLabels": true, "themeCSS": "* { background: url(${AWAY}/css) }", "fontFamily": "x;} @import url(${AWAY}/font)"}}%%\ngraph TD\n  A["<img src=${AWAY}/i.png onerror=alert('struck')>"]`,
  'styles that fetch': `graph TD\n  A --> B\n  style A fill:url(${AWAY}/fill)\n  classDef x background-image:url(${AWAY}/class)\n  class B x`,
  'an image as a node': `graph TD\n  A@{ img: "${AWAY}/node.png", label: "x", pos: "t", w: 60, h: 60 }`,
  'something that is no diagram': `</code></pre><img src=x onerror="${STRIKE}">`,
}

/** Anything in the page that could still act: what no clean text holds. */
function remains(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const nodes = [...document.querySelectorAll('.timeline *')]
    const acting = nodes.filter(({ tagName }) =>
      /^(script|style|link|iframe|frame|object|embed|form|button|textarea|base|meta|img|video|audio|template)$/i.test(
        tagName,
      ),
    )
    const attributes = nodes.flatMap((node) => [...node.attributes])
    const handlers = attributes.filter(
      ({ name, value }) => name.startsWith('on') || /^\s*(javascript|vbscript|data):/i.test(value),
    )
    return [...acting.map(({ outerHTML }) => outerHTML), ...handlers.map(({ name, value }) => `${name}=${value}`)]
  })
}

/** Hovers over and clicks everything that a hostile text could have made clickable, and waits for what comes of it. */
async function provoke(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const node of document.querySelectorAll('.timeline .markdown-body *')) {
      const leadsAway = node.closest('a')?.href
      const isOrdinary = typeof leadsAway === 'string' && /^(https?:|$)/.test(leadsAway)
      if (!isOrdinary && node.closest('summary') === null)
        node.dispatchEvent(new MouseEvent('click', { bubbles: true }))
      node.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }))
    }
  })
  await page.waitForTimeout(100)
}

chromium.describe('hostile texts in a browser', () => {
  const visit = useBrowser(chromium.path)

  test('every one of them stays a text, and what comes after it is untouched', async () => {
    const { pullRequest, repository, lab, address } = await openPageScene(Object.values(HOSTILE)[0] ?? '')
    for (const [name, body] of Object.entries(HOSTILE)) {
      pullRequest.comment('outsider', body)
      pullRequest.comment('author', `after ${name}`)
      pullRequest.review({ by: 'outsider', state: 'COMMENTED', body })
    }
    const all = Object.values(HOSTILE).join('\n\n')
    const run = repository.run({ event: 'pull_request', headSha: pullRequest.headSha, actor: 'author', pullRequest })
    run.complete('success', {
      summary: all,
      annotations: [{ level: 'error', title: all, message: all, file: all, line: 1 }],
    })

    const { page, misdeeds } = await visit(address)
    await provoke(page)
    expect(await remains(page)).toEqual([])
    expect(await page.evaluate(() => 'struck' in window && (window as { struck?: unknown }).struck === 1)).toBe(false)
    const count = Object.keys(HOSTILE).length
    expect(await page.locator('.timeline > .comment').count()).toBe(1 + 3 * count)
    expect(await page.getByText(/^after /).count()).toBe(count)
    expect(await page.locator('.part.merge').count()).toBe(1)
    const others = [await visit(`${address}/files`), await visit(`${lab.serverUrl}/owner/site/actions/runs/${run.id}`)]
    expect([...misdeeds, ...others.flatMap((other) => other.misdeeds)]).toEqual([])
  })

  test('names, titles and labels are texts as well', async () => {
    const { pullRequest, repository, lab } = await openPageScene('')
    const text = `"><img src=x onerror="${STRIKE}">`
    repository.label(text).color = `red;background:url(${AWAY}/label)`
    pullRequest.label(text, 'author')
    repository.push({
      branch: 'hostile',
      files: { '<img src=x onerror=alert(1)>.tf': text },
      message: text,
      by: 'author',
    })
    const other = repository.openPullRequest({ head: 'hostile', author: 'author', title: text })
    for (const path of [`pull/${pullRequest.number}`, `pull/${other.number}`, `pull/${other.number}/files`]) {
      const { page, misdeeds } = await visit(`${lab.serverUrl}/owner/site/${path}`)
      expect([...misdeeds, ...(await remains(page))]).toEqual([])
      expect(await page.locator('main').innerText()).toContain('<img src=x onerror=')
    }
  })

  test('diagrams are drawn or say why not, and do no more', async () => {
    const sources = Object.entries(HOSTILE_DIAGRAMS)
    const { address } = await openPageScene(
      sources.map(([, source]) => `\`\`\`mermaid\n${source}\n\`\`\``).join('\n\n'),
    )
    const { page, misdeeds } = await visit(address)
    await provoke(page)
    expect([...misdeeds, ...(await remains(page))].filter((misdeed) => !misdeed.startsWith('<style'))).toEqual([])
    expect(await page.evaluate(() => 'struck' in window)).toBe(false)
    const states = await page
      .locator('.diagram')
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-state')))
    const failed = ['styles that fetch', 'an image as a node', 'something that is no diagram']
    expect(states).toEqual(sources.map(([name]) => (failed.includes(name) ? 'failed' : 'drawn')))
  })
})
