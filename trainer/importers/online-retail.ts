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
import { UserError } from '../user-error.ts'
import { passedOverColumns } from './columns.ts'
import type { InputFile } from './input-file.ts'
import type { ItemStatistics } from './item-statistics.ts'
import type { Tally } from './tally.ts'
import { parseTime, type TimeFormat } from './time.ts'

/**
 * Products have five digits and perhaps letters (85123A), or the gift site's DCGS numbers. What is left: POST, DOT, C2
 * (postage), D (discount), M (manual), S (samples), B (bad debt), BANK CHARGES, AMAZONFEE, CRUK (charity), PADS, gift_….
 */
const PRODUCT_CODE = /^(\d{5}[A-Z]*|DCGS\w+)$/i

/** What reads the file's rows, one at a time. @throws UserError when a column is missing. */
export function onlineRetailReader(
  file: InputFile,
  names: string[],
  timeFormatOf: (column: string) => TimeFormat,
  statistics: ItemStatistics,
) {
  const columns = onlineRetailColumns(names)
  const missing = Object.values(columns).find((column) => !names.includes(column))
  if (missing)
    throw new UserError(
      `${file.opening.source.path} line 1: there is no column ${missing}`,
      `the columns are ${names.join(', ')}`,
    )
  const timeFormat = timeFormatOf(columns.time)
  file.detected.time = `${columns.time}: ${timeFormat}, taken as UTC`
  file.passedOver = passedOverColumns(names, Object.values(columns))
  return (record: Record<string, unknown>, line: number) => {
    const event = onlineRetailEvent(record, line, columns, timeFormat, file.tally, statistics)
    return event && { event }
  }
}

/** The two editions of the file name some columns differently. */
function onlineRetailColumns(names: string[]) {
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

function onlineRetailEvent(
  record: Record<string, unknown>,
  line: number,
  columns: ReturnType<typeof onlineRetailColumns>,
  timeFormat: TimeFormat,
  tally: Tally,
  statistics: ItemStatistics,
): HistoryEvent | undefined {
  const invoice = textOf(record[columns.invoice])
  const code = textOf(record[columns.code])
  const customer = textOf(record[columns.customer])
  const isReturn = /^C/i.test(invoice)
  const quantity = number(textOf(record[columns.quantity])) * (isReturn ? -1 : 1)
  const price = number(textOf(record[columns.price]))
  const time = parseTime(timeFormat, record[columns.time])
  if (invoice === '') tally.count('refused', 'no invoice number', line, record)
  else if (code === '') tally.count('refused', 'no stock code', line, record)
  else if (code.length > MAX_ID_LENGTH) tally.count('refused', `item id longer than ${MAX_ID_LENGTH}`, line, code)
  else if (!PRODUCT_CODE.test(code)) {
    tally.count('set aside', 'not a product (postage, fee, discount, voucher …)', line, code)
  } else if (time === undefined) {
    tally.count('refused', `the time is no ${timeFormat} between 1990 and 2100`, line, record[columns.time])
  } else if (!(quantity > 0)) {
    const reason = isReturn ? 'a cancellation that adds stock' : 'quantity is not above 0 (stock correction)'
    tally.count('refused', reason, line, record[columns.quantity])
  } else if (!(price > 0)) tally.count('refused', 'price is not above 0', line, record[columns.price])
  else {
    if (!isReturn) statistics.add(code, { title: textOf(record[columns.description]), price })
    if (customer !== '') {
      return {
        shopper: customer.replace(/\.0$/, ''), // an integer that went through a float column
        id: invoice,
        time,
        name: isReturn ? 'refund' : 'purchase',
        currency: 'GBP',
        items: [{ item_id: code, price, quantity }],
        transaction_id: invoice,
      }
    }
    tally.count('set aside', 'a guest: no customer to follow; told the catalogue only', line, invoice)
  }
  return undefined
}

const textOf = (value: unknown) => (typeof value === 'string' ? value.trim() : '')
const number = (text: string) => (text === '' ? Number.NaN : Number(text))
