import type { Row } from './matrix-row.ts';
import { MIRROR_ROWS } from './matrix-rows-mirrors.ts';
import { RANGE_ROWS } from './matrix-rows-ranges.ts';
import { REFUSAL_ROWS } from './matrix-rows-refusals.ts';
import { TRANSFER_ROWS } from './matrix-rows-transfers.ts';

/** Every fault that is crossed with every column. Those that take longest come first. */
export const ROWS: readonly Row[] = [...TRANSFER_ROWS, ...REFUSAL_ROWS, ...RANGE_ROWS, ...MIRROR_ROWS];
