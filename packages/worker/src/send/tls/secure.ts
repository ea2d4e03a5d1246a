// TLS over a connection that stands: always verified, 1.2 or newer, whatever the environment says.

import { isIP, type Socket } from "node:net";
import { connect, type SecureContext, type TLSSocket } from "node:tls";
import { toEgressError } from "../egress-error.ts";

/** The last session with a destination: resuming it saves a round trip and most of the work. */
export interface SessionKeeper {
  session: Buffer | undefined;
  /**
   * What it was made with: a session goes on with the certificates that it began with, and new ones are not
   * to be passed over.
   */
  context: SecureContext | undefined;
}

/** A connection that ends inside the handshake, for which Node has no codes of its own. */
const ENDS: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/**
 * Makes the handshake. Rejects with OpenSSL's or Node's codes, or `POSTRIDER_TLS`; the caller destroys the
 * socket then.
 */
export function secure(
  socket: Socket,
  host: string,
  context: SecureContext,
  keeper: SessionKeeper,
): Promise<TLSSocket> {
  if (keeper.context !== context) {
    keeper.context = context;
    keeper.session = undefined;
  }
  return new Promise((resolve, reject) => {
    const secured = connect({
      socket,
      secureContext: context,
      // RFC 6066 section 3: an address is no server name. The certificate is held to `host` either way.
      ...(isIP(host) === 0 && { servername: host }),
      host,
      ALPNProtocols: ["http/1.1"],
      // Stated, since NODE_TLS_REJECT_UNAUTHORIZED=0 would turn the default off.
      rejectUnauthorized: true,
      ...(keeper.session !== undefined && { session: keeper.session }),
    });
    secured.on("session", (session) => {
      if (keeper.context === context) keeper.session = session;
    });
    const onError = (error: Error): void => {
      const isEnd = "code" in error && ENDS.has(error.code);
      reject(
        isEnd
          ? toEgressError("POSTRIDER_TLS", "the connection ended inside the TLS handshake", { cause: error })
          : error,
      );
    };
    secured.once("error", onError);
    secured.once("secureConnect", () => {
      secured.off("error", onError);
      resolve(secured);
    });
  });
}
