/** Tables: the first cell of a row names it; figures are set right; one that is too wide scrolls by itself. */
import { type Html, html } from './html.ts'

export type Cell = Html | string | number | undefined | false

export function table(caption: string, head: readonly Cell[], rows: readonly (readonly Cell[])[], kind = ''): Html {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="${kind}">
<caption>${caption}</caption>
<thead><tr>${head.map((cell, at) => (at === 0 && !cell ? html`<td></td>` : html`<th scope="col">${cell}</th>`))}</tr></thead>
<tbody>${rows.map(
    ([name, ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
  )}</tbody>
</table></div>`
}

/** The same thing of several runs, side by side where there is room. */
export function panels(parts: readonly { name: string; body: Html }[]): Html {
  if (parts.length === 1) return parts[0].body
  return html`<div class="panels">${parts.map(({ name, body }) => html`<div class="panel"><h3>${name}</h3>${body}</div>`)}</div>`
}

export function section(
  id: string,
  title: string,
  lead: Html | string,
  body: Html | readonly (Html | false | undefined)[],
): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2><p class="lead">${lead}</p>${body}</section>`
}

export function details(summary: string, body: Html): Html {
  return html`<details><summary>${summary}</summary>${body}</details>`
}
