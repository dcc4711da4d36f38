/**
 * Two signals closer than this are one: npm and npx pass on a Ctrl-C that the terminal has sent to their child already.
 */
const ECHO_MS = 500;

/**
 * Calls `stop` on the first SIGINT or SIGTERM and `quit` on a later one. Until disposed of, neither ends the process by
 * itself.
 */
export function onInterrupt(stop: () => void, quit: () => void): Disposable {
  let firstMs: number | undefined;
  const listener = (): void => {
    const nowMs = performance.now();
    if (firstMs === undefined) {
      firstMs = nowMs;
      stop();
    } else if (nowMs - firstMs > ECHO_MS) {
      quit();
    }
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    [Symbol.dispose](): void {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}
