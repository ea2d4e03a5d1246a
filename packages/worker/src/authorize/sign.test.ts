import { createHmac, createPublicKey, generateKeyPairSync, randomBytes, verify } from "node:crypto";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { createSigner, type Signer } from "./sign.ts";

const SECRETS = [randomBytes(24), randomBytes(64)].map((bytes) => `whsec_${bytes.toString("base64")}`);
const [FIRST = "", SECOND = ""] = SECRETS;

function signer(...given: Parameters<typeof createSigner>): Signer {
  const made = createSigner(...given);
  if (typeof made !== "function") throw new Error(made.problem);
  return made;
}

function toRecord(headers: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1] ?? ""]] : [])),
  );
}

const now = () => Math.floor(Date.now() / 1_000);

test("the published library verifies what is signed, whatever the body, under each of several secrets", () => {
  const sign = signer("standard-webhooks", [FIRST, SECOND]);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (body) => {
      const headers = toRecord(sign({ id: "run.delivery", timestamp: now(), body }));
      for (const secret of [FIRST, SECOND])
        new Webhook(secret).verify(Buffer.from(body), headers, { jsonParse: false });
      expect(() => new Webhook(FIRST).verify(`${body} `, headers, { jsonParse: false })).toThrow();
    }),
    // The library hashes in JavaScript.
    { numRuns: 25 },
  );
});

test("the library refuses the signature of another secret, of another id and of another time", () => {
  const headers = toRecord(signer("standard-webhooks", [FIRST])({ id: "a", timestamp: now(), body: "{}" }));

  expect(() => new Webhook(SECOND).verify("{}", headers)).toThrow();
  expect(() => new Webhook(FIRST).verify("{}", { ...headers, "webhook-id": "b" })).toThrow();
  expect(() =>
    new Webhook(FIRST).verify("{}", { ...headers, "webhook-timestamp": String(now() - 1) }),
  ).toThrow();
});

test.each([32, 64])("an Ed25519 key of %i bytes signs as v1a, beside v1", (length) => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const secret = `whsk_${Buffer.concat([seed, point]).subarray(0, length).toString("base64")}`;
  const body = '{"name": "Zoë \ud83d\ude00"}';

  const headers = toRecord(signer("standard-webhooks", [secret, FIRST])({ id: "a", timestamp: now(), body }));

  const [v1a = "", v1 = ""] = headers["webhook-signature"]?.split(" ") ?? [];
  expect(v1).toMatch(/^v1,/);
  const content = Buffer.from(`a.${headers["webhook-timestamp"]}.${body}`);
  const signature = Buffer.from(v1a.replace(/^v1a,/, ""), "base64");
  expect(verify(null, content, createPublicKey(privateKey), signature)).toBe(true);
  new Webhook(FIRST).verify(body, headers);
});

test("Customer.io's scheme, as its documentation's receivers check it", () => {
  const body = '{"a": "ü"}';
  const headers = toRecord(
    signer("customerio", ["a plain key"])({ id: "x", timestamp: 1_700_000_000, body }),
  );

  expect(headers).toEqual({
    "X-CIO-Timestamp": "1700000000",
    "X-CIO-Signature": createHmac("sha256", "a plain key").update(`v0:1700000000:${body}`).digest("hex"),
  });
});

test.each([
  "whsec_short",
  "whsec_",
  `whsec_${randomBytes(23).toString("base64")}`,
  `whsec_${randomBytes(65).toString("base64")}`,
  `whsec_${randomBytes(32).toString("base64")}!`,
  "whsk_AAAA",
  `whpk_${randomBytes(32).toString("base64")}`,
  `whsk1_${randomBytes(32).toString("base64")}`,
  `whsec_${Buffer.alloc(32, 0xfb).toString("base64url")}`,
  `whsec_${Buffer.alloc(33, 0xfb).toString("base64url")}`,
  `whsec_${randomBytes(32).toString("base64").replace("=", "")}`,
  `whsec_${randomBytes(33).toString("base64")}=`,
  "correct horse battery staple, not base64",
])("a secret that is none is refused and not shown (%#)", (secret) => {
  const made = createSigner("standard-webhooks", [FIRST, secret]);

  expect(made).toMatchObject({ index: 1 });
  if (secret.length > 6) expect(JSON.stringify(made)).not.toContain(secret.slice(6));
});
