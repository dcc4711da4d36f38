import { terminalTraits } from '../text/terminal.ts';
import type { Reporter } from './reporter.ts';

/** The reporter that the flags and the terminal call for. Only the one in use is loaded. */
export async function chooseReporter(flags: { json: boolean; quiet: boolean }): Promise<Reporter> {
  const traits = terminalTraits(process.stderr, process.env);
  if (flags.json) {
    const { JsonReporter } = await import('./json.ts');
    return new JsonReporter(process.stdout, process.stderr, traits, { quiet: flags.quiet });
  }
  if (flags.quiet || !traits.live) {
    const { PlainReporter } = await import('./plain.ts');
    return new PlainReporter(process.stderr, traits, { quiet: flags.quiet });
  }
  const { LiveDisplay } = await import('./display.ts');
  return new LiveDisplay(process.stderr, traits);
}
