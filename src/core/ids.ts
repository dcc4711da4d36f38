/** SHA-256 fingerprint of a member's certificate: 64 lower-case hex digits. */
export type MemberId = string;

/** Identifies one download of a room: 32 lower-case hex digits. */
export type DownloadId = string;

/** Identifies a room: 1 to 64 characters of `A-Z a-z 0-9 _ -`. */
export type RoomId = string;
