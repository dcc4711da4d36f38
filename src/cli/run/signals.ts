/**
 * Two signals closer than this are one: npm and npx pass on a Ctrl-C that the terminal has sent to their child already.
 */
const ECHO_MS = 500;

/** SIGHUP: the terminal was closed. Node ends by it even under nohup, so there is no wish to live on to respect. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `stop` on the first SIGINT, SIGTERM or SIGHUP and `quit` on a later one. Until disposed of, neither ends the process by
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
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    [Symbol.dispose](): void {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}
