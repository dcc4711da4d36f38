const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAY = '(?:mon|tue|wed|thu|fri|sat|sun)';
const TIME = '(\\d{2}):(\\d{2}):(\\d{2})';
/** `Sun, 06 Nov 1994 08:49:37 GMT`: the form that is to be sent. */
const FIXED = new RegExp(`^${DAY}, (\\d{1,2}) ([a-z]{3}) (\\d{4}) ${TIME} (?:gmt|utc)$`);
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const RFC_850 = new RegExp(`^${DAY}[a-z]*, (\\d{1,2})-([a-z]{3})-(\\d{2}) ${TIME} gmt$`);
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME = new RegExp(`^${DAY} ([a-z]{3}) +(\\d{1,2}) ${TIME} (\\d{4})$`);

/**
 * A date of HTTP (RFC 9110, 5.6.7) in any of its three forms, as seconds of Unix time; undefined for anything else. A year
 * of two digits is of the years from 1970 to 2069. All are in GMT, even the form that does not say so.
 */
export function parseHttpDate(text: string): number | undefined {
  const bare = text.trim().toLowerCase();
  const fixed = FIXED.exec(bare);
  if (fixed !== null) return secondsOf(fixed[3], fixed[2], fixed[1], fixed.slice(4));
  const old = RFC_850.exec(bare);
  if (old !== null) {
    const year = Number(old[3]);
    return secondsOf(year + (year < 70 ? 2000 : 1900), old[2], old[1], old.slice(4));
  }
  const asctime = ASCTIME.exec(bare);
  return asctime === null ? undefined : secondsOf(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6));
}

type Part = string | number | undefined;

function secondsOf(year: Part, monthName: Part, day: Part, time: readonly string[]): number | undefined {
  const month = MONTHS.indexOf(String(monthName));
  const [hour = 0, minute = 0, second = 0] = time.map(Number);
  // A second 60 is a leap second.
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(Date.UTC(Number(year), month, Number(day), hour, minute, second));
  const isReal = date.getUTCDate() === Number(day) || second === 60;
  return isReal ? date.getTime() / 1000 : undefined;
}
