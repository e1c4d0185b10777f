/** Which column holds what: stated by the operator with --map, else recognised by its name. */
import { oneOf } from '../flags.ts'
import { UserError } from '../user-error.ts'

/** What a row can say. The names are those of `--map`. */
export const ROLES = [
  'shopper',
  'session',
  'item',
  'time',
  'event',
  'price',
  'quantity',
  'search',
  'transaction',
  'currency',
  'id',
  'title',
  'description',
  'brand',
  'category',
  'sale_price',
  'list_price',
  'availability',
  'stock',
  'rating',
  'review_count',
  'url',
  'image',
  'group',
  'language',
  'text',
  'label',
  'kind',
] as const
export type Role = (typeof ROLES)[number]
export type ColumnMap = Partial<Record<Role, string>>

/** Names as shops and public data sets write them, best first, compared without case, spaces and marks. */
const EVENT_NAMES: ColumnMap = {
  shopper:
    'shopper shopperid userpseudoid userid user customerid customer visitorid visitor clientid client memberid uid anonymousid',
  session: 'session sessionid gasessionid usersession visitid',
  item: 'item itemid productid sku stockcode articleid article asin productcode product',
  time: 'time timestamp eventtimestamp eventtime datetime ts unixtime date createdat orderdate invoicedate purchasedate eventdate',
  event: 'event eventname eventtype name type action behavior behaviour behaviortype',
  price: 'price unitprice itemprice',
  quantity: 'quantity qty units',
  search: 'searchterm searchquery query search keyword',
  transaction: 'transactionid orderid order invoiceno invoice ordernumber',
  currency: 'currency currencycode',
  id: 'eventid',
  title: 'itemname productname producttitle title description',
  category: 'itemcategory categorycode categorypath categoryname category producttype',
  brand: 'itembrand brand',
}
const PRODUCT_NAMES: ColumnMap = {
  item: 'id itemid productid sku stockcode articleid asin productcode code',
  title: 'title name productname producttitle itemname displayname',
  description: 'description shortdescription longdescription bodyhtml body',
  brand: 'brand vendor manufacturer supplier itembrand',
  category: 'categoryfullpath producttype categorypath categories category itemcategory googleproductcategory',
  price: 'price unitprice pricemin minprice priceminusd priceusd',
  sale_price: 'saleprice',
  list_price: 'listprice compareatprice rrp',
  currency: 'currency currencycode',
  availability: 'availability instock instockany stockstatus',
  stock: 'stock stockquantity inventory quantity',
  rating: 'rating reviewrating averagerating ratingvalue',
  review_count: 'reviewcount numreviews ratingcount reviews',
  url: 'url link producturl',
  image: 'imagelink imageurl image featuredimageurl img500x500 picture',
  group: 'itemgroupid parentid parentsku',
  language: 'language lang locale contentlanguage',
  kind: 'kind contenttype itemkind',
}
const REVIEW_NAMES: ColumnMap = {
  text: 'reviewtext reviewbody reviewcontent review text comment content body',
  title: 'reviewtitle title summary headline',
  label: 'recommendedind recommended label favourable',
  rating: 'rating reviewrating stars score overall',
  category: 'cat category categoryname',
}

const plain = (name: string) =>
  name
    .replace(/:(token|float|token_seq|float_seq)$/, '') // RecBole's typed headers
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')

/** A role by its name, or what people call it: "user" is a shopper. */
function roleOf(name: string): Role {
  const called = ROLES.filter((role) =>
    [EVENT_NAMES, PRODUCT_NAMES, REVIEW_NAMES].some((names) => names[role]?.split(' ').includes(plain(name))),
  )
  const known = ROLES.find((role) => role === name)
  if (known || called.length !== 1) return known ?? oneOf('--map', ROLES, name)
  throw new UserError(`--map ${name}: not known`, `did you mean ${called[0]}? One of ${ROLES.join(', ')}`)
}

/** "shopper=customer_id,item=sku" as a map. @throws UserError at an unknown role. */
export function parseMap(text: string): ColumnMap {
  const map: ColumnMap = {}
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const at = pair.indexOf('=')
    const column = pair.slice(at + 1).trim()
    if (at < 0 || column === '') {
      throw new UserError(
        `--map ${pair.trim()}: no role and column`,
        `write ROLE=COLUMN; roles are ${ROLES.join(', ')}`,
      )
    }
    map[roleOf(pair.slice(0, at).trim())] = column
  }
  return map
}

export const eventColumns = (names: string[], stated: ColumnMap) => recognise(EVENT_NAMES, names, stated)
export const productColumns = (names: string[], stated: ColumnMap) => recognise(PRODUCT_NAMES, names, stated)
export const reviewColumns = (names: string[], stated: ColumnMap) => recognise(REVIEW_NAMES, names, stated)

function recognise(known: ColumnMap, names: string[], stated: ColumnMap): ColumnMap {
  const byPlainName = new Map(names.map((name) => [plain(name), name]))
  const taken = new Set(Object.values(stated))
  const found: ColumnMap = { ...stated }
  for (const role of ROLES) {
    if (found[role] !== undefined) continue
    for (const alias of known[role]?.split(' ') ?? []) {
      const name = byPlainName.get(alias)
      if (name === undefined || taken.has(name)) continue
      found[role] = name
      taken.add(name)
      break
    }
  }
  return found
}

/** Stated columns must exist: a misspelt one would read as missing values. Dotted paths reach into JSON objects. */
export function checkStated(path: string, names: string[], stated: ColumnMap): void {
  for (const [role, column] of Object.entries(stated)) {
    if (names.includes(column) || names.includes(column.split('.')[0])) continue
    throw new UserError(`${path}: there is no column "${column}" for ${role}`, `the columns are ${names.join(', ')}`)
  }
}

export function existingColumns(stated: ColumnMap, names: string[]): ColumnMap {
  return Object.fromEntries(
    Object.entries(stated).filter(([, column]) => names.includes(column) || names.includes(column.split('.')[0])),
  )
}

/** The columns that nothing is read from, each once: a misspelt one is among them. */
export function passedOverColumns(names: readonly string[], read: readonly string[]): string[] {
  const known = new Set(read.map((column) => (names.includes(column) ? column : column.split('.')[0])))
  return [...new Set(names)].filter((name) => name !== '' && !known.has(name))
}

/** The value a record has for a column; "product.sku" reaches into objects. */
export function valueAt(record: Record<string, unknown>, column: string | undefined): unknown {
  if (column === undefined) return undefined
  if (column in record) return record[column]
  let value: unknown = record
  for (const part of column.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}
