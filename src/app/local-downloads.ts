import type { LocalDownloads } from '../downloads/download-commands.ts';

/** The downloads of several parts of one process, each commanded where it is. */
export function joined(parts: () => Iterable<LocalDownloads>): LocalDownloads {
  const holderOf = (id: number): LocalDownloads | undefined => {
    for (const part of parts()) if (part.stateOf(id) !== undefined) return part;
    return undefined;
  };
  return {
    *ids() {
      for (const part of parts()) yield* part.ids();
    },
    stateOf: (id) => holderOf(id)?.stateOf(id),
    isInRoom: (id) => holderOf(id)?.isInRoom(id) ?? false,
    pause: (id) => holderOf(id)?.pause(id),
    resume: (id) => holderOf(id)?.resume?.(id),
    remove: (id, options) => holderOf(id)?.remove(id, options),
    setLimit: (bytesPerSecond, id) => holderOf(id)?.setLimit(bytesPerSecond, id),
    setPriority: (id, priority) => holderOf(id)?.setPriority?.(id, priority),
    refresh: (id, url) => holderOf(id)?.refresh(id, url),
  };
}
