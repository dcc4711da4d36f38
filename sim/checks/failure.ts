/** A check failed, or the core threw: the run ends here. */
export class SimFailure extends Error {
  override readonly name = 'SimFailure';
  readonly atMs: number;

  constructor(message: string, atMs: number, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.atMs = atMs;
  }
}
