// An answer that is whole before its request is: what still comes is read and thrown away for a while. A
// connection that is closed under a client who is sending takes the answer with it.

import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Long enough for what is under way; whoever sends on for longer does not look at answers. */
const LINGER_MS = 10_000;

export function lingerAfterAnswer({ raw }: FastifyRequest, reply: FastifyReply): void {
  const { socket } = raw;
  const discard = (): void => {
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    raw.once("end", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
    // Not resume alone: that gives way to somebody else who still waits for bytes.
    raw.on("data", () => undefined);
  };
  reply.raw.once("finish", () => {
    if (!raw.complete) discard();
  });
  if (!reply.raw.shouldKeepAlive) closeGently(socket, () => raw.complete);
}

/**
 * Where a client asks for it (`Connection: close`), Node closes the connection with the last byte of the
 * answer, by this method, and knows no other way. Closing the sending side tells the client the same.
 */
function closeGently(socket: Socket, isRead: () => boolean): void {
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (isRead()) close();
    else socket.end();
  };
}
