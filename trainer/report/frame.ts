/**
 * A page as one text. It asks nobody for anything: style and script are in it, and its policy lets nothing else run and
 * nothing leave, whatever a title or a file of the shop's says.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Html, html, jsonBlock, ownText } from './html.ts'

const STYLE = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8')

export interface Frame {
  /** What the page is called in its tab. */
  title: string
  kind: string
  heading: string
  intro: Html
  /** Those without a body are left out. */
  sections: readonly { id: string; name: string; body: Html | false }[]
  /** With what it reads. */
  script?: { code: string; id: string; data: unknown }
}

export function framed({ title, kind, heading, intro, sections, script }: Frame): string {
  const shown = sections.filter(({ body }) => body)
  const scripts = script ? hashOf(script.code) : "'none'"
  const policy = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${scripts}; img-src data:; base-uri 'none'; form-action 'none'`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${ownText(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>
<p class="kind">${kind}</p>
<h1>${heading}</h1>
<p>${intro}</p>
<nav aria-label="Sections"><ul>${shown.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main id="main" tabindex="-1">${shown.map(({ body }) => body)}</main>
${
  script &&
  html`<script type="application/json" id="${script.id}">${jsonBlock(script.data)}</script>
<script>${ownText(script.code)}</script>
`
}</body>
</html>
`.markup
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
