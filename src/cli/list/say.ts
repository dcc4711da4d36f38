/** A sentence for people, of words that are safe to show. */
export function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
