import type { FLAG_TABLE } from './flags.ts';

/** `per-host` as `perHost`: how the parser names the value of a flag. */
type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

type KeyOf<Long extends string> = Long extends `--no-${infer Name}`
  ? Camel<Name>
  : Long extends `--${infer Name}`
    ? Camel<Name>
    : never;

/** What the parser makes of a flag: its value, the text where nothing reads it, or whether a switch was given. */
export type ValueOf<Row> =
  | (Row extends { parse: (...given: never[]) => infer Value }
      ? Value
      : Row extends { value: string }
        ? string
        : boolean)
  | (Row extends { optional: true } ? true : never);

/** Flags as the parser hands them over, each under its long name. Switches that begin with `no` are false when given. */
export type ParsedOf<Row extends { readonly long: string }> = {
  readonly [R in Row as KeyOf<R['long']>]?: ValueOf<R>;
};

/** The flags of the ways of downloading. */
export type Parsed = ParsedOf<(typeof FLAG_TABLE)[number]>;

/** The name under which the parser hands over a flag. */
export function keyOf(long: string): keyof Parsed {
  const name = long.replace(/^--(no-)?/, '');
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof Parsed;
}
