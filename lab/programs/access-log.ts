/** One finished request, as nginx tells it in the format of `LOG_FORMAT`. */
export interface LoggedRequest {
  readonly client: string;
  readonly status: number;
  /** Payload bytes handed to the kernel: for a request that the client broke off, more than arrived. */
  readonly bodyBytes: number;
  readonly complete: boolean;
}

/** The nginx `log_format` that `parseAccessLog` reads. */
export const LOG_FORMAT = '$remote_addr $status $body_bytes_sent $request_completion';

/** The requests of a log; a half-written last line and lines of another form are passed over. */
export function parseAccessLog(text: string): readonly LoggedRequest[] {
  const requests: LoggedRequest[] = [];
  for (const line of text.split('\n')) {
    const match = /^(\S+) (\d{3}) (\d+) (OK)?$/.exec(line);
    if (match === null) continue;
    requests.push({
      client: match[1]!,
      status: Number(match[2]),
      bodyBytes: Number(match[3]),
      complete: match[4] === 'OK',
    });
  }
  return requests;
}

/** Payload bytes per client address. */
export function bytesByClient(requests: readonly LoggedRequest[]): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const { client, bodyBytes } of requests) totals.set(client, (totals.get(client) ?? 0) + bodyBytes);
  return totals;
}
