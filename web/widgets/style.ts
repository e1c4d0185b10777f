/**
 * How a shelf looks unless the shop says otherwise, by custom property (`--vitrine-…`), by `::part(card)` and the like.
 * Fonts and colours are the page's own. Constructed, because a strict policy refuses inline styles.
 *
 * All cards have one size, on a phone as on a wide screen, so that a shelf takes the same room whatever stands on it, and
 * the room that is kept for it is the room it takes. A shop that draws before the tag has loaded keeps it itself:
 *
 *     vitrine-shelf { display: block; min-block-size: 22.5em }
 */
export const SHELF_CSS = `
:host {
  display: block;
  min-block-size: var(--vitrine-shelf-height, 22.5em);
  --card-width: var(--vitrine-card-width, 11em);
  --gap: var(--vitrine-gap, 1rem);
  --line: var(--vitrine-line, color-mix(in srgb, currentColor 16%, transparent));
  --accent: var(--vitrine-accent, currentColor);
}
/* Important, because a page's own rule for the element comes before :host otherwise. */
:host([hidden]), :host([data-collapsed]) { display: none !important; }
h2 { margin: 0 0 .75rem; font: inherit; font-size: 1.25em; font-weight: 600; line-height: 1.3; }
ul { list-style: none; margin: 0; padding: 0 0 .5rem; display: grid; gap: var(--gap);
  grid-auto-flow: column; grid-auto-columns: var(--card-width);
  overflow-x: auto; scroll-snap-type: x mandatory; overscroll-behavior-x: contain; scrollbar-width: thin; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
li { position: relative; display: flex; flex-direction: column; scroll-snap-align: start; min-inline-size: 0; }
.open { display: flex; flex-direction: column; gap: .25rem; color: inherit; text-decoration: none;
  font: inherit; text-align: start; background: none; border: 0; padding: 0; cursor: pointer; }
.picture { aspect-ratio: 1; border-radius: var(--vitrine-radius, .5rem); overflow: hidden; border: 1px solid var(--line); }
.picture svg, .picture img { display: block; inline-size: 100%; block-size: 100%; object-fit: cover; }
.title { font-weight: 500; line-height: 1.3; block-size: 2.6em; margin-block-start: .25rem; overflow: hidden;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.open:hover .title, .open:focus-visible .title { text-decoration: underline; }
/* Within the card: the row that scrolls cuts off what lies around it. */
.open:focus-visible { outline: none; }
.open:focus-visible .picture { outline: 3px solid var(--accent); outline-offset: -3px; }
.price { block-size: 1.4em; line-height: 1.4; }
.price s { opacity: .7; margin-inline-start: .4em; font-size: .9em; }
.reason { block-size: 2.6em; line-height: 1.3; font-size: .85em; opacity: .75; overflow: hidden;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.dismiss { position: absolute; inset-block-start: .375rem; inset-inline-end: .375rem; inline-size: 2rem; block-size: 2rem;
  border: 0; border-radius: 50%; background: Canvas; color: CanvasText; font: inherit; line-height: 1; cursor: pointer;
  opacity: .85; }
.dismiss:hover, .dismiss:focus-visible { opacity: 1; }
.gone { block-size: 100%; box-sizing: border-box; display: flex; flex-direction: column; justify-content: center;
  gap: .75rem; padding: 1rem; border: 1px dashed var(--line); border-radius: var(--vitrine-radius, .5rem); font-size: .9em;
  overflow-wrap: anywhere; }
.undo { font: inherit; align-self: start; min-block-size: 2rem; padding: .25rem .75rem; border: 1px solid currentColor;
  border-radius: .375rem; background: none; color: inherit; cursor: pointer; }
.live { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: no-preference) {
  ul { scroll-behavior: smooth; }
  li.new { animation: appear .25s ease-out; }
  @keyframes appear { from { opacity: 0 } }
}
`
