const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/**
 * A size for people, in binary units and at most three digits: `0 B`, `9.8 MiB`, `512 KiB`, `1.0 GiB`.
 * Whatever is not a finite number from 0 up reads as `0 B`.
 */
export function formatBytes(sizeBytes: number): string {
  let value = Number.isFinite(sizeBytes) ? Math.max(0, sizeBytes) : 0;
  let unit = 0;
  // 999.5 and above would need four digits; 0.98 of the next unit says the same in three.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1);
  return `${digits} ${UNITS[unit]}`;
}

/** A rate in bytes per second for people: `12.3 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** How far it is, as a whole percentage: 100 only when nothing is missing, 0 while the whole is unknown. */
export function percentOf(part: number, whole: number | undefined): number {
  if (whole === undefined) return 0;
  if (whole <= 0) return 100;
  return Math.max(0, Math.min(100, Math.floor((part / whole) * 100)));
}

/** A time to come for people, in milliseconds: `1 s`, `1 min 05 s`, `2 h 03 min`, `3 d 4 h`, `over 99 d`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(1, Math.round(durationMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${pad(minutes % 60)} min`;
  const days = Math.floor(hours / 24);
  // Written so that not-a-number and infinity end here too.
  return days <= 99 ? `${days} d ${hours % 24} h` : 'over 99 d';
}

/** A time that was measured, in seconds: as `formatDuration`, with a tenth under ten seconds: `4.2 s`. */
export function formatElapsed(seconds: number): string {
  return seconds < 9.95 ? `${Math.max(0, seconds).toFixed(1)} s` : formatDuration(seconds * 1000);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
