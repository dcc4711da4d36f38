/** Resolves when the promise settles or the signal fires, whichever comes first. */
export async function untilAborted(
  promise: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal?.aborted === true) return;
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = () => resolve();
  signal?.addEventListener('abort', abort, { once: true });
  const settled = promise.then(
    () => {},
    () => {},
  );
  await Promise.race([settled, aborted]);
  signal?.removeEventListener('abort', abort);
}
