import { basename, resolve } from 'node:path';
import { contentName } from '../../core/content-name.ts';
import type { Event } from '../../core/contract.ts';
import { GIVEN_CHECKSUM, parseChecksum } from '../../core/expected-digest.ts';
import { safeFileName } from '../../core/file-name.ts';
import type { Offer } from '../../core/messages.ts';
import type { Trust } from '../../core/result.ts';
import type { SharedFile } from '../../disk/shared-file.ts';
import type { Job } from '../../lists/job.ts';
import { withoutUser } from '../../url/web-url.ts';
import type { LocalFile } from '../base/host-target.ts';
import { noOrigin } from '../download/file-sources.ts';
import type { FoundOrigin } from '../download/find-file.ts';
import { expectedDigests } from '../download/new-download.ts';
import { makeOffer } from '../download/offers.ts';
import { openShared } from '../download/open-shared.ts';
import { shareFinished } from '../download/share-finished.ts';
import { SharedDownload } from '../download/shared-download.ts';
import { trustOfLocal } from '../download/trust.ts';
import type { RoomMember } from './room-member.ts';

/** A finished file, open to be shared, and how far it can be trusted. */
export interface LocalShare {
  readonly file: SharedFile;
  readonly trust: Trust;
}

/** Opens and reads a local file that is to be shared. Throws as `openShared`, and `usage` for what is no checksum. */
export async function openLocal({ path, checksums = [] }: LocalFile, room: RoomMember): Promise<LocalShare> {
  const { checksum } = room.options;
  const own = checksum === undefined ? [] : [{ checksum, by: GIVEN_CHECKSUM }];
  const expected = [...own, ...checksums].map((one) => parseChecksum(one.checksum, one.by));
  const { signal } = room;
  const onNotice = (message: string) => room.member.emit({ type: 'notice', message });
  const file = await openShared(resolve(path), { expected, onNotice, signal });
  return { file, trust: trustOfLocal(expected) };
}

/** Offers a file that has no origin: the others get all of it from members. */
export function addLocal({ file, trust }: LocalShare, order: number, room: RoomMember): void {
  const { sizeBytes, sha256, path } = file;
  const url = contentName(sha256);
  const offer = makeOffer({
    url,
    fileName: basename(path),
    ranges: true,
    // The same content is the same file, whoever shares it.
    identity: { sizeBytes, etag: `"${sha256}"`, lastModified: undefined },
    checksum: `sha256:${sha256}`,
    order,
  });
  share({ file, trust }, offer, { url }, room);
  const { download } = offer;
  room.member.dispatch({ type: 'probe-done', download, canFetch: false, reason: noOrigin() });
}

/** Takes on a file that was found at an origin: shares it when all of it is here, else fetches it. */
export async function addFound(job: Job, order: number, found: FoundOrigin, room: RoomMember): Promise<void> {
  const { origin, probe, url, others } = found;
  const { ranges, identity } = probe;
  // The others are offered the address that has the file: they could not compare a further one with a dead first.
  const { checksums = [], pieces, output } = job;
  const { checksum: common } = room.options;
  const checksum = common ?? checksums[0]?.checksum;
  const fileName = job.fileName ?? probe.fileName;
  const offer = makeOffer({ url, fileName, ranges, identity, checksum, order });
  const { download } = offer;
  const expected = expectedDigests(offer, probe.digests, common, checksums);
  const onNotice = (message: string) => room.member.emit({ type: 'notice', message });
  const here = await shareFinished(
    room.earlier(job),
    {
      identity,
      given: expectedDigests(offer, [], common, checksums),
      expected,
      directory: resolve(room.options.directory ?? '.'),
      fileName: output ?? room.options.output ?? safeFileName(fileName),
      signal: room.signal,
    },
    onNotice,
  );
  if (here !== undefined) {
    onNotice(`${basename(here.file.path)} is here already: nothing is fetched.`);
    await origin[Symbol.asyncDispose]();
    share(here, offer, job, room);
    room.member.addSources(download, others);
  } else {
    await room.addDownload(
      {
        offer,
        origin,
        knownBy: url === job.url ? undefined : withoutUser(job.url),
        mirrors: others,
        expected,
        pieces,
        output,
        openBeside: (beside, trusted) => room.origins.open(beside, { trusted, of: job.url }),
      },
      job,
    );
  }
  room.member.dispatch({ type: 'probe-done', download, canFetch: true });
}

function share({ file, trust }: LocalShare, offer: Offer, job: Job, room: RoomMember): void {
  const { sign } = room.session;
  const dispatch = (event: Event) => room.member.dispatch(event);
  room.takeOn(new SharedDownload(file, offer, { sign, dispatch, trust }), job);
}
