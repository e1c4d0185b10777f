/**
 * UCI Online Retail (Chen, Sain & Guo 2012): two years of invoices of a British gift wholesaler, one line an item.
 *
 *     InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
 *     536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
 *
 * An invoice becomes one `purchase`, a cancellation (number starting with C) one `refund`. Guests (no customer) cannot be
 * followed and only tell the catalogue about titles and prices. The file has also postage, fees, discounts, samples and
 * stock corrections; none of those is something a shopper chose.
 */
import { MAX_ID_LENGTH } from '../../shared/data/events.ts'
import type { HistoryEvent } from '../datasets/dataset.ts'
import { cleanText, titleCase } from './clean-text.ts'
import type { ItemStatistics } from './item-statistics.ts'
import type { Tally } from './report.ts'
import { parseTime, type TimeFormat } from './time.ts'

/**
 * Products have five digits and perhaps letters (85123A), or the gift site's DCGS numbers. What is left: POST, DOT, C2
 * (postage), D (discount), M (manual), S (samples), B (bad debt), BANK CHARGES, AMAZONFEE, CRUK (charity), PADS, gift_….
 */
const PRODUCT_CODE = /^(\d{5}[A-Z]*|DCGS\w+)$/i

/** The two editions of the file name some columns differently. */
export function onlineRetailColumns(names: string[]) {
  const find = (...wanted: string[]) =>
    names.find((name) => wanted.includes(name.toLowerCase().replace(/\s/g, ''))) ?? wanted[0]
  return {
    invoice: find('invoiceno', 'invoice'),
    code: find('stockcode'),
    description: find('description'),
    quantity: find('quantity'),
    time: find('invoicedate'),
    price: find('unitprice', 'price'),
    customer: find('customerid'),
  }
}

export function onlineRetailEvent(
  record: Record<string, unknown>,
  line: number,
  columns: ReturnType<typeof onlineRetailColumns>,
  timeFormat: TimeFormat,
  tally: Tally,
  statistics: ItemStatistics,
): HistoryEvent | undefined {
  const text = (column: string) => String(record[column] ?? '').trim()
  const drop = (outcome: 'refused' | 'set aside', reason: string, value: unknown) => {
    tally.count(outcome, reason, line, value)
    return undefined
  }
  const invoice = text(columns.invoice)
  const code = text(columns.code)
  if (invoice === '') return drop('refused', 'no invoice number', record)
  if (code === '') return drop('refused', 'no stock code', record)
  if (code.length > MAX_ID_LENGTH) return drop('refused', `item id longer than ${MAX_ID_LENGTH}`, code)
  if (!PRODUCT_CODE.test(code)) return drop('set aside', 'not a product (postage, fee, discount, voucher …)', code)
  const time = parseTime(timeFormat, record[columns.time])
  if (time === undefined)
    return drop('refused', `the time is no ${timeFormat} between 1990 and 2100`, text(columns.time))
  const isReturn = /^C/i.test(invoice)
  const quantity = number(text(columns.quantity)) * (isReturn ? -1 : 1)
  if (!(quantity > 0)) {
    const reason = isReturn ? 'a cancellation that adds stock' : 'quantity is not above 0 (stock correction)'
    return drop('refused', reason, text(columns.quantity))
  }
  const price = number(text(columns.price))
  if (!(price > 0)) return drop('refused', 'price is not above 0', text(columns.price))
  if (!isReturn) statistics.add(code, { title: titleCase(cleanText(text(columns.description))), price })
  const shopper = text(columns.customer).replace(/\.0$/, '') // an integer that went through a float column
  if (shopper === '') return drop('set aside', 'a guest: no customer to follow; told the catalogue only', invoice)
  return {
    shopper,
    id: invoice,
    time,
    name: isReturn ? 'refund' : 'purchase',
    currency: 'GBP',
    items: [{ item_id: code, price, quantity }],
    transaction_id: invoice,
  }
}

const number = (text: string) => (text === '' ? Number.NaN : Number(text))
