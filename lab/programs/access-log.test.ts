import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesByClient, parseAccessLog } from './access-log.ts';

const LOG = '10.77.0.2 206 1 OK\n10.77.1.2 206 5000 \n10.77.0.2 206 4096 OK\n10.77.0.2 416 0 OK\n10.77.1.2 2';

test('the log gives status, bytes and whether the client took it all', () => {
  const requests = parseAccessLog(LOG);
  assert.equal(requests.length, 4);
  assert.deepEqual(requests[1], { client: '10.77.1.2', status: 206, bodyBytes: 5000, complete: false });
  assert.equal(requests[2]!.complete, true);
});

test('bytes are summed per client', () => {
  assert.deepEqual(
    [...bytesByClient(parseAccessLog(LOG))],
    [
      ['10.77.0.2', 4097],
      ['10.77.1.2', 5000],
    ],
  );
});

test('an empty log has no clients', () => {
  assert.equal(bytesByClient(parseAccessLog('')).size, 0);
});
