// The API over TLS, from files.

import { writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { startApi } from "../support/api.ts";
import { createAuthority, hasOpenssl } from "../support/certificates.ts";

function read(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { ca }, (message) => void text(message).then(resolve, reject)).on("error", reject);
  });
}

test.skipIf(!hasOpenssl())("with a certificate the API speaks TLS, and nothing else", async () => {
  using authority = createAuthority();
  const { cert, key } = authority.issue("IP:127.0.0.1");
  const files = { cert: join(authority.directory, "api.pem"), key: join(authority.directory, "api.key") };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  await using api = await startApi({ POSTRIDER_API_TLS_CERT: files.cert, POSTRIDER_API_TLS_KEY: files.key });

  expect(api.url).toMatch(/^https:/);
  expect(await read(`${api.url}/healthz`, authority.ca)).toBe('{"status":"ok"}');
  await expect(read(`${api.url}/healthz`, cert)).rejects.toThrow(/certificate/);
  await expect(fetch(api.url.replace("https", "http"))).rejects.toThrow();
});

test("a file that cannot be read, and one without the other, are told by the setting's name", async () => {
  const missing = { POSTRIDER_API_TLS_CERT: "/nowhere/api.pem", POSTRIDER_API_TLS_KEY: "/nowhere/api.key" };

  await expect(startApi(missing)).rejects.toThrow(/POSTRIDER_API_TLS_CERT.*no such file/);
  await expect(startApi({ POSTRIDER_API_TLS_CERT: "/a" })).rejects.toThrow(/needs POSTRIDER_API_TLS_KEY/);
});
