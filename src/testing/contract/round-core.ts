import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Core } from '../../core/contract.ts';
import { CheckedCore, type LogEntry } from './checked-core.ts';
import { ContractChecks } from './contract-checks.ts';
import type { IsJournaled } from './piece-check.ts';

/** For tests of the engine: puts the checks of the contract round its core. The test fails when anything has broken it. */
export function checkedFor(t: TestContext, isJournaled?: IsJournaled) {
  const log: LogEntry[] = [];
  const broken: unknown[] = [];
  t.after(() => assert.deepEqual(broken, []));
  return {
    /** What went in and out, in order. */
    log,
    wrap: (core: Core): Core =>
      new CheckedCore(core, new ContractChecks(isJournaled), (entry) => log.push(entry)),
    /** The core or its world threw, or one of them has broken the contract. */
    broken: (thrown: unknown) => void broken.push(thrown),
  };
}
