/** Where a shopper can ask a person: https:, mailto: or a path of the shop. */

const MAX_CONTACT_LENGTH = 2000

/** What a page may follow: never javascript: or another site by "//". */
export function isContact(link: string): boolean {
  if (link.length > MAX_CONTACT_LENGTH) return false
  if (/^\/(?![/\\])/.test(link)) return !/[\s\\]/.test(link)
  return /^(https?:\/\/|mailto:)\S+$/i.test(link) && URL.canParse(link)
}
