/** When people shop: hours, weekdays, and what sells in which season. Times are UTC. */
import type { Season } from './departments.ts'

export const DAY_MS = 86_400_000

/** Weights of the hours of a day: a lunch-time bump and a long evening. */
const WEEKDAY_HOURS = [2, 1, 0.5, 0.3, 0.3, 0.5, 1.5, 3, 4, 5, 6, 7, 8.5, 7, 6, 6, 6, 7, 8, 10, 12, 11, 8, 4]
const WEEKEND_HOURS = [3, 1.5, 0.8, 0.4, 0.3, 0.4, 0.8, 2, 4, 7, 9, 10, 9, 9, 9, 9, 9, 8, 8, 9, 10, 9, 7, 4]
/** Sunday first. */
const WEEKDAYS = [1.2, 1.05, 0.95, 0.95, 0.95, 0.85, 1.05]

export function hourWeights(time: number): number[] {
  const weekday = new Date(time).getUTCDay()
  return weekday === 0 || weekday === 6 ? WEEKEND_HOURS : WEEKDAY_HOURS
}

/** How busy the shop is on a day, beside an ordinary one. */
export function traffic(time: number): number {
  return WEEKDAYS[new Date(time).getUTCDay()] * (1 + 0.7 * bump(time, 12, 8, 22) + 0.15 * bump(time, 2, 12, 8))
}

/** How much a leaf of this season sells on a day, beside its own average: about 1 over a year. */
export function demand(season: Season, time: number): number {
  switch (season) {
    case 'christmas':
      return 0.3 + 4.2 * bump(time, 12, 3, 24)
    case 'winter':
      return 0.75 + 0.9 * bump(time, 12, 20, 50)
    case 'spring':
      return 0.7 + 1.1 * bump(time, 4, 20, 40)
    case 'summer':
      return 0.7 + 1.0 * bump(time, 7, 5, 40)
    case 'school':
      return 0.85 + 1.0 * bump(time, 8, 30, 18)
    case 'valentine':
      return 0.85 + 1.6 * bump(time, 2, 10, 8) + 0.6 * bump(time, 12, 15, 14)
    case 'even':
      return 1
  }
}

/** 1 on the given day of any year, falling off as a normal curve with the given width in days. */
function bump(time: number, month: number, day: number, widthDays: number): number {
  const year = new Date(time).getUTCFullYear()
  let value = 0
  for (const y of [year - 1, year, year + 1]) {
    const distance = (time - Date.UTC(y, month - 1, day)) / DAY_MS / widthDays
    value += Math.exp(-0.5 * distance * distance)
  }
  return value
}
