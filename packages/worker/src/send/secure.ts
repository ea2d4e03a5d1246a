// TLS over a connection that stands: always verified, 1.2 or newer, whatever the environment says.

import { isIP, type Socket } from "node:net";
import { connect, type SecureContext, type TLSSocket } from "node:tls";

/** The last session with a destination: resuming it saves a round trip and most of the work. */
export interface SessionKeeper {
  session: Buffer | undefined;
}

/** Makes the handshake. Rejects with OpenSSL's or Node's codes; the caller destroys the socket then. */
export function secure(
  socket: Socket,
  host: string,
  context: SecureContext,
  keeper: SessionKeeper,
): Promise<TLSSocket> {
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
      keeper.session = session;
    });
    secured.once("error", reject);
    secured.once("secureConnect", () => {
      secured.off("error", reject);
      resolve(secured);
    });
  });
}
