/** Messages of the core as frames of the wire, and back with every value checked. Loads the protobuf runtime. */
export { decodeMessage, decodeRecord } from './wire-decode.ts';
export { encodeMessage, encodeRecord, frameOf } from './wire-encode.ts';
export * from './wire-limits.ts';
