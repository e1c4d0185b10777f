/**
 * How the panel and the elements beside it look unless the shop says otherwise: fonts and colours are the page's own, accents by the custom properties
 * that shelves have too. Constructed, because a strict policy refuses inline styles.
 */
const BASE = `
:host { display: block; max-inline-size: 46rem; container-type: inline-size;
  --line: var(--vitrine-line, color-mix(in srgb, currentColor 18%, transparent));
  --accent: var(--vitrine-accent, currentColor);
  --radius: var(--vitrine-radius, .5rem);
  --quiet: color-mix(in srgb, currentColor 72%, transparent);
  --tint: var(--vitrine-tint, color-mix(in srgb, currentColor 6%, transparent));
  --round: var(--vitrine-button-radius, var(--radius));
  --edge: color-mix(in srgb, currentColor 55%, transparent);
  --fill: var(--vitrine-fill, CanvasText);
  --on-fill: var(--vitrine-on-fill, Canvas);
  --alert: var(--vitrine-alert, #9d2222); }
:host([hidden]) { display: none !important; }
* { box-sizing: border-box; }
p, ul, ol, h2, h3 { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h2 { font: inherit; font-size: 1.25em; font-weight: 600; line-height: 1.3; margin-block-end: .6rem; }
h3 { font: inherit; font-weight: 600; margin-block: 1.1rem .5rem; }
.lead { font-size: 1.1em; }
.soft { color: var(--quiet); }
.small { font-size: .88em; }
.strong, strong { font-weight: 600; overflow-wrap: anywhere; }
.facts { display: grid; gap: .2rem; padding-inline-start: 1.2em; }
.facts summary { list-style-position: outside; padding-block: .15rem; }
.facts .opened { margin-block: .3rem .6rem; }
.chips { display: flex; flex-wrap: wrap; gap: .5rem; }
button, input, select { font: inherit; color: inherit; }
.chip { display: inline-flex; align-items: center; gap: .5em; min-block-size: 2.5rem; padding: .3rem .9rem;
  border: 1px solid var(--line); border-radius: 999px; background: var(--tint); cursor: pointer; text-align: start; }
.chip[aria-expanded='true'] { border-color: currentColor; }
.chip.muted { text-decoration: line-through; border-style: dashed; }
.chip.boosted { border-color: currentColor; border-width: 2px; }
.dots { letter-spacing: .1em; font-size: .7em; color: var(--quiet); text-decoration: none; }
.opened { margin-block-start: .7rem; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: var(--radius); }
.choices { display: flex; flex-wrap: wrap; gap: .6rem; margin-block-start: .8rem; }
a { color: inherit; }
.button { min-block-size: 2.5rem; padding: .35rem 1rem; border: 1px solid currentColor; border-radius: var(--round);
  background: none; cursor: pointer; }
.button.small { min-block-size: 2rem; padding-inline: .7rem; }
.button[aria-pressed='true'] { box-shadow: inset 0 0 0 2px currentColor; font-weight: 600; }
.button:disabled { opacity: .6; cursor: progress; }
.button.alert { border-color: var(--alert); color: var(--alert); font-weight: 600; }
.why { display: grid; gap: .9rem; margin-block-start: .6rem; }
.share { display: grid; grid-template-columns: 5rem 3rem minmax(0, 1fr); gap: .6rem; align-items: center; }
.share meter { inline-size: 100%; }
.row { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 1rem; align-items: center; padding-block: .7rem;
  border-block-start: 1px solid var(--line); }
ol { border-block-end: 1px solid var(--line); margin-block-start: .4rem; }
.switch { inline-size: 3.4rem; block-size: 2rem; padding: .2rem; border: 2px solid currentColor; border-radius: 999px;
  background: none; cursor: pointer; }
.switch span { display: block; inline-size: 1.25rem; block-size: 1.25rem; border-radius: 50%; background: currentColor; }
.switch[aria-checked='true'] { background: var(--accent); border-color: var(--accent); }
.switch[aria-checked='true'] span { background: Canvas; margin-inline-start: auto; }
.switch[aria-disabled='true'] { border-style: dashed; cursor: not-allowed; opacity: .6; }
.fields { display: grid; grid-template-columns: minmax(7rem, auto) minmax(0, 1fr); gap: .6rem 1rem; align-items: center;
  margin-block-start: .7rem; max-inline-size: 34rem; }
.fields input, .fields select { inline-size: 100%; min-block-size: 2.5rem; padding: .35rem .7rem; border: 1px solid var(--line);
  border-radius: var(--radius); background: Canvas; color: CanvasText; }
section > p + .said, .reasons, .said > p + p { margin-block-start: .5rem; }
.said { outline: none; margin-block-end: .8rem; }
.reasons { list-style: disc; padding-inline-start: 1.2em; }
.after { margin-block-start: 1.25rem; outline: none; }
.receipt { margin-block: .8rem; padding: .8rem 1rem; border-inline-start: 4px solid var(--accent); background: var(--tint); }
summary { cursor: pointer; }
.ledger .button { margin-block: .3rem; }
.requests, .ledger { display: grid; gap: .3rem; margin-block-start: .6rem; overflow-wrap: anywhere; }
.error { margin-block: .8rem; padding: .8rem 1rem; border-inline-start: 4px solid var(--alert); }
.confirm { padding: 1rem 1.1rem; border: 2px solid var(--alert); border-radius: var(--radius); }
.live, .hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@container (max-width: 26rem) { .fields { grid-template-columns: minmax(0, 1fr); gap: .3rem; }
  .fields label:not(:first-child) { margin-block-start: .5rem; } }
@media (forced-colors: active) { .switch span { background: ButtonText; } }
`

export const PANEL_CSS = `${BASE}
section { margin-block-start: 2.25rem; }
`

export const ELEMENTS_CSS = `${BASE}
/* Important, because a page's own rule for the element comes before :host otherwise. */
:host(:not([data-state='ready'], [data-state='done'])) { display: none !important; }
.button.strong { border-color: var(--fill); background: var(--fill); color: var(--on-fill); font-weight: 600; }
.chip[aria-pressed='true'] { border-color: var(--fill); background: var(--fill); color: var(--on-fill); }
.link { min-block-size: 2rem; padding: 0; border: 0; background: none; text-decoration: underline;
  text-underline-offset: .2em; cursor: pointer; white-space: nowrap; }
.ask { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .4rem .6rem; margin-block-end: .4rem; }
.ask label { grid-column: 1 / -1; font-weight: 600; }
.ask input { min-inline-size: 0; min-block-size: 2.75rem; padding: .35rem .9rem; border: 1px solid var(--edge);
  border-radius: var(--radius); background: Canvas; color: CanvasText; }
.receipt p + p { margin-block-start: .5rem; }
.answer { white-space: pre-line; overflow-wrap: anywhere; }
.offers { display: grid; gap: .8rem; margin-block-start: .7rem; }
.offer { padding: .9rem 1rem; border: 1px dashed var(--edge); border-radius: var(--radius); overflow-wrap: anywhere; }
.offer .choices { align-items: center; min-block-size: 2.5rem; }
.code { padding: .3rem .8rem; border-radius: var(--radius); background: var(--tint); font-family: ui-monospace, monospace;
  font-weight: 600; letter-spacing: .05em; user-select: all; }
.taste { padding: 1.1rem 1.2rem 1.2rem; border: 1px solid var(--line); border-radius: var(--radius); background: var(--tint); }
.head { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; }
.taste .chip { background: Canvas; color: CanvasText; }
.taste .chip[aria-pressed='true'] { background: var(--fill); color: var(--on-fill); }
.steps { display: grid; }
.steps > * { grid-area: 1 / 1; }
.steps > [inert] { visibility: hidden; }
.end:focus, h3:focus { outline: none; }
`
