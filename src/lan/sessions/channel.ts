import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer, type Http2Server, type Http2ServerRequest } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { createClient, createContextKey, createContextValues } from '@connectrpc/connect';
import { connectNodeAdapter, createGrpcTransport, type GrpcTransportOptions } from '@connectrpc/connect-node';
import { type Frame, PeerService } from '../../gen/dragonload/v1/peer_pb.ts';
import type { Peer } from '../network/tls.ts';
import { MAX_FRAME_BYTES } from '../wire/wire-limits.ts';
import { statusOf } from './refusal.ts';
import { SendQueue } from './send-queue.ts';

/** A stream of frames both ways with one peer, over an HTTP/2 connection of its own. */
export interface Channel {
  readonly peer: Peer;
  /** The other end's IP address. */
  readonly remoteAddress: string;
  /** The next frame; undefined when the other side has ended. Throws what broke the stream. */
  receive(): Promise<Frame | undefined>;
  /** False when too many frames are waiting. */
  send(frame: Frame): boolean;
  /** Ends this side after the waiting frames; an `error` becomes the gRPC status, when this side accepted. */
  end(error?: unknown): void;
  /** Closes the connection once the waiting frames and the status have had time to be sent. */
  shut(): void;
  /** So many frames were taken to be sent. */
  readonly taken: number;
  /** Closes the connection at once. */
  destroy(): void;
}

/** Time between the last frame handed to the RPC and the end of the connection: the status still has to be written. */
const SHUT_MS = 200;
const AUTHORITY = 'https://member';
/** Limits on the memory that an unknown peer can take: one stream, few headers. */
const HTTP2_LIMITS = {
  maxSessionMemory: 16,
  maxHeaderListPairs: 64,
  settings: { maxConcurrentStreams: 1, maxHeaderListSize: 16_384 },
};
/** Nothing is compressed: hashes and signatures would only grow. */
const GRPC_LIMITS = { acceptCompression: [], readMaxBytes: MAX_FRAME_BYTES, writeMaxBytes: MAX_FRAME_BYTES };

/** Opens the session's stream on a fresh TLS connection that speaks `h2`. */
export function openChannel(socket: TLSSocket, peer: Peer): Channel {
  const http2 = connectHttp2(AUTHORITY, { createConnection: () => socket });
  http2.on('error', () => {});
  const manager: NonNullable<GrpcTransportOptions['sessionManager']> = {
    authority: AUTHORITY,
    request: async (method, path, headers, options) =>
      http2.request({ ...headers, ':method': method, ':path': path }, options),
    notifyResponseByteRead: () => {},
  };
  const transport = createGrpcTransport({ baseUrl: AUTHORITY, sessionManager: manager, ...GRPC_LIMITS });
  const outbox = new SendQueue();
  const incoming = createClient(PeerService, transport).session(outbox)[Symbol.asyncIterator]();
  return channelOf(peer, socket.remoteAddress ?? '', outbox, incoming, () => http2.destroy());
}

const peerKey = createContextKey<{ peer: Peer; request: Http2ServerRequest } | undefined>(undefined);

/**
 * An HTTP/2 server that is given connections with `emit('connection', socket)` and hands over the channel of each
 * session that is opened on them. `identify` tells who is at the other end of a socket.
 */
export function channelServer(
  identify: (socket: TLSSocket) => Peer,
  onChannel: (channel: Channel, socket: TLSSocket) => void,
): Http2Server {
  const handler = connectNodeAdapter({
    ...GRPC_LIMITS,
    grpc: true,
    grpcWeb: false,
    connect: false,
    contextValues: (request) => {
      // The compatibility layer's socket is a proxy that passes properties through.
      const http2Request = request as Http2ServerRequest;
      const peer = identify(http2Request.socket as TLSSocket);
      return createContextValues().set(peerKey, { peer, request: http2Request });
    },
    routes: (router) => {
      router.service(PeerService, {
        session(requests, context) {
          const { peer, request } = context.values.get(peerKey)!;
          const outbox = new SendQueue();
          const incoming = requests[Symbol.asyncIterator]();
          const { session } = request.stream;
          const remoteAddress = request.socket.remoteAddress ?? '';
          const channel = channelOf(peer, remoteAddress, outbox, incoming, () => session?.destroy());
          onChannel(channel, request.socket as TLSSocket);
          return outbox;
        },
      });
    },
  });
  const server = createServer(HTTP2_LIMITS, (request, response) => {
    // Errors of a stream show in the channel; without a listener they would end the process.
    request.on('error', () => {});
    response.on('error', () => {});
    (handler as (request: unknown, response: unknown) => void)(
      request as unknown as IncomingMessage,
      response as unknown as ServerResponse,
    );
  });
  server.on('session', (session) => session.on('error', () => session.destroy()));
  server.on('sessionError', () => {});
  return server;
}

function channelOf(
  peer: Peer,
  remoteAddress: string,
  outbox: SendQueue,
  incoming: AsyncIterator<Frame>,
  destroy: () => void,
): Channel {
  return {
    peer,
    remoteAddress,
    async receive() {
      const next = await incoming.next();
      return next.done === true ? undefined : next.value;
    },
    send: (frame) => outbox.push(frame),
    get taken() {
      return outbox.taken;
    },
    end: (error) => outbox.end(error === undefined ? undefined : statusOf(error)),
    shut: () => void outbox.drained.then(() => setTimeout(destroy, SHUT_MS).unref()),
    destroy,
  };
}
