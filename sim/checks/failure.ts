/** A check failed, or the core threw: the run ends here. */
export class SimFailure extends Error {
  override readonly name = 'SimFailure';
  readonly atMs: number;
  /** Nothing wrong was done, but a member never got its file. */
  readonly isStuck: boolean;

  constructor(message: string, atMs: number, options: { cause?: unknown; isStuck?: boolean } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.atMs = atMs;
    this.isStuck = options.isStuck ?? false;
  }
}
