/**
 * The elements that nothing waits for, loaded when the page is idle and made with Svelte:
 *
 *     <vitrine-privacy></vitrine-privacy>               what is known of this shopper and why, and every way to change it
 *     <vitrine-ask contact="/help"></vitrine-ask>       questions, answered from the shop's own answers
 *     <vitrine-offers cart-value="54.50" currency="GBP"></vitrine-offers>       coupons that this shopper may have
 *     <vitrine-taste></vitrine-taste>                   what a new shopper likes, in three questions
 *
 * Each takes its language from `language`, else from the page. All but the first take no room until they have something to
 * show: `data-state` is then "ready", and "done" for a taste that was told.
 */
import Ask from './Ask.svelte'
import { defineElement } from './element.svelte.ts'
import { watchForNotices } from './notices.ts'
import Offers from './Offers.svelte'
import Panel from './Panel.svelte'
import { ELEMENTS_CSS, PANEL_CSS } from './style.ts'
import TasteStart from './TasteStart.svelte'

defineElement('vitrine-privacy', Panel, PANEL_CSS)
defineElement('vitrine-ask', Ask, ELEMENTS_CSS, ['contact'])
defineElement('vitrine-offers', Offers, ELEMENTS_CSS, ['cart-value', 'currency'])
defineElement('vitrine-taste', TasteStart, ELEMENTS_CSS)

if (window.vitrine) watchForNotices(document, window.vitrine)
