// Client certificates from the secret store: a real Redis, real certificates, and changes while the sender
// runs.

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { createSealer, parseSecretKeys, type SecretKeys } from "@postrider/shared/seal";
import { toStoredSecret } from "@postrider/shared/stored-secret";
import { createReadSecrets, readFromRedis } from "@postrider/worker/unseal/open-secrets";
import { expect, test } from "vitest";
import { type Authority, createAuthority, hasOpenssl } from "../support/certificates.ts";
import { storeKeys, toStore } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { newKey } from "../support/secret-keys.ts";
import { createSender, describeFinding } from "../support/sender.ts";

const skipped = hasOpenssl() ? "" : " (SKIPPED: there is no openssl on this machine)";

/** An HTTPS server that lets in who has a certificate of this authority, and remembers whom. */
async function startMutual(authority: Authority) {
  const clients: (string | undefined)[] = [];
  const server = createServer(
    // In 1.3 the handshake has ended for the client before the server looks at its certificate.
    { ...authority.issue("DNS:api.example.com"), maxVersion: "TLSv1.2", ca: authority.ca, requestCert: true },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      clients.push((subject as { CN?: string } | undefined)?.CN);
      request.resume();
      response.end("ok");
    },
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    clients,
    url: `https://api.example.com:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test.skipIf(skipped !== "")(`they are taken up when they come and when they change${skipped}`, async () => {
  using authority = createAuthority();
  await using receiver = await startMutual(authority);
  const sealer = createSealer(parseSecretKeys(newKey("k1")) as SecretKeys);
  const redis = openRedis(await isolatedRedisUrl());
  const set = (name: string, value: string) =>
    redis.hset(storeKeys.secrets(), name, toStoredSecret(name, value, 0, sealer));
  const setClient = async (name: string): Promise<void> => {
    const { cert, key } = authority.issue(`DNS:${name}`, { name });
    await set("CRM_CERT", cert);
    await set("CRM_KEY", key);
  };
  const tlsFile = join(authority.directory, "tls.json");
  const entry = { ca: "ca.pem", cert: "{{ secrets.CRM_CERT }}", key: "{{secrets.CRM_KEY}}" };
  writeFileSync(tlsFile, JSON.stringify({ destinations: { [receiver.url]: entry } }));
  const warnings: string[] = [];
  await using sender = createSender(
    { POSTRIDER_TLS_FILE: tlsFile },
    { resolve: async () => ["127.0.0.1"], warn: (line) => warnings.push(line) },
  );
  const { tls } = sender.pools;
  const send = async () => describeFinding(await sender.send(receiver.url));

  // Nothing goes out in another way until they are there, and it is nobody's fault.
  expect(await send()).toBe("local");
  await tls.useSecrets(createReadSecrets(readFromRedis(toStore(redis)), sealer));
  expect(await send()).toBe("local");
  expect(warnings).toEqual([
    expect.stringContaining("the secret CRM_CERT is not in the store; the secret CRM_KEY"),
  ]);
  expect(["CRM_KEY", "OTHER"].map(tls.isReserved)).toEqual([true, false]);

  await setClient("first");
  await tls.check();
  expect(await send()).toBe("200");
  await setClient("second");
  await tls.check();
  expect(await send()).toBe("200");
  expect(receiver.clients).toEqual(["first", "second"]);

  await set("CRM_KEY", "no key at all");
  await tls.check();
  await tls.check();
  expect(await send()).toBe("200");
  expect(receiver.clients.at(-1)).toBe("second");
  expect(warnings).toHaveLength(2);
  expect(warnings[1]).toContain(`destinations.${receiver.url}`);
  expect(warnings.join()).not.toContain("no key at all");
  redis.disconnect();
});

test.skipIf(skipped !== "")(
  `what is neither a path nor a secret is refused with its field${skipped}`,
  async () => {
    using authority = createAuthority();
    const tlsFile = join(authority.directory, "tls.json");
    const destinations = { "https://api.example.com": { ca: "{{ secret.CA }}" } };
    writeFileSync(tlsFile, JSON.stringify({ destinations }));

    expect(() => createSender({ POSTRIDER_TLS_FILE: tlsFile })).toThrow(
      "destinations.https://api.example.com.ca: is neither a path nor a secret, such as {{ secrets.NAME }}",
    );
  },
);
