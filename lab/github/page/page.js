// The pages' only script: draws the Mermaid diagrams. Without it a reader sees their source.

const dark = matchMedia('(prefers-color-scheme: dark)')

// What a diagram's own settings may not touch: Mermaid's own list, and whatever ends up as CSS or HTML.
const SECURE = [
  ...['secure', 'securityLevel', 'startOnLoad', 'maxTextSize', 'suppressErrorRendering', 'maxEdges'],
  ...[
    'htmlLabels',
    'flowchart',
    'theme',
    'themeCSS',
    'themeVariables',
    'fontFamily',
    'altFontFamily',
    'dompurifyConfig',
  ],
]

/**
 * Even under `securityLevel: strict` Mermaid has the document parse labels while it measures them, and fetches images of
 * nodes. So tags become text before it sees them, the menus of a sequence's actors are left out, and a source with images
 * isn't drawn.
 */
function harmless(source) {
  if (/@\{[^}]*\bimg\b/s.test(source)) throw new Error('Images from elsewhere are not shown.')
  return source
    .replace(/^\s*links?\s.*$/gm, '')
    .replace(/[&#](?:lt|#?x?0*(?:60|3c));?/gi, '<')
    .replace(/(?<!<)<(?!br\s*\/?>)(?=[a-z!/?])/gi, '‹')
}

/** A drawing is a picture: it leads nowhere. */
function unlink(drawing) {
  for (const link of drawing.querySelectorAll('a')) link.replaceWith(...link.childNodes)
}

async function loadMermaid() {
  const { default: mermaid } = await import('/assets/mermaid/mermaid.esm.min.mjs')
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    secure: SECURE,
    suppressErrorRendering: true,
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    theme: dark.matches ? 'dark' : 'default',
  })
  return mermaid
}

async function draw({ place, source }, id) {
  try {
    const mermaid = await loadMermaid()
    const { svg } = await mermaid.render(id, harmless(source))
    place.innerHTML = svg
    unlink(place)
    place.dataset.state = 'drawn'
  } catch (error) {
    place.textContent = `${source}\n\nUnable to render this diagram. ${error.message}`
    place.dataset.state = 'failed'
  }
}

const diagrams = [...document.querySelectorAll('pre.diagram')].map((place) => ({ place, source: place.textContent }))

async function drawAll() {
  for (const [index, diagram] of diagrams.entries()) await draw(diagram, `diagram-${index}`)
}

await drawAll()
dark.addEventListener('change', drawAll)
