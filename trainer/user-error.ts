/**
 * An error the operator can mend. The command line prints what and remedy without a stack, and exits with code 2.
 *
 *     vitrine: orders.csv line 12, column "date": "31/31/2011" is no date
 *       → say how dates are written with --date-format, for example --date-format DD/MM/YYYY
 */
export class UserError extends Error {
  readonly remedy: string
  constructor(what: string, remedy: string) {
    super(what)
    this.name = 'UserError'
    this.remedy = remedy
  }
}
