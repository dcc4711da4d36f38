/** A frame has at most this many bytes (4 MiB). */
export const MAX_FRAME_BYTES = 4 << 20;
/** Members in a roster. */
export const MAX_MEMBERS = 256;
/** Runs in one `have`; a longer one is sent as several. */
export const MAX_RUNS = 65_536;
/** Records in one `have`; a longer one is sent as several. */
export const MAX_RECORDS = 4096;
/** Downloads in one `status`. */
export const MAX_DOWNLOADS = 256;
/** Leases in one `report`. */
export const MAX_LEASES = 256;
/** Records that come with one pull, so pieces that one pull covers. */
export const MAX_PULL_RECORDS = 64;
