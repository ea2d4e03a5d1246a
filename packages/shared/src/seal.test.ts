import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSealer, parseSecretKeys, type SecretKeys } from "./seal.ts";
import { readSettings } from "./settings/read-settings.ts";

const MATERIAL = { k1: randomBytes(32).toString("base64"), k2: randomBytes(32).toString("base64") };

function keys(text: string): SecretKeys {
  const parsed = parseSecretKeys(text);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed;
}

const one = createSealer(keys(`k1:${MATERIAL.k1}`));
const both = createSealer(keys(`k2:${MATERIAL.k2},k1:${MATERIAL.k1}`));

test("any text comes back, also from another process, and never twice in the same form", () => {
  const other = createSealer(keys(`k1:${MATERIAL.k1}`));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, place) => {
      const sealed = one.seal(text, place);
      expect(other.open(sealed, place)).toEqual({ text: Buffer.from(text).toString() });
      expect(one.seal(text, place)).not.toBe(sealed);
    }),
  );
});

test("nothing opens at another place, altered anywhere, or under another key of the same id", () => {
  const sealed = one.seal("value", "secret A");
  expect(one.open(sealed, "secret B")).toHaveProperty("problem");
  const body = Buffer.from(sealed.split(".")[2] ?? "", "base64url");
  for (let at = 0; at < body.length; at++) {
    const altered = Buffer.from(body);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(one.open(`s1.k1.${altered.toString("base64url")}`, "secret A")).toHaveProperty("problem");
    expect(one.open(`s1.k1.${body.subarray(0, at).toString("base64url")}`, "secret A")).toHaveProperty(
      "problem",
    );
  }
  const impostor = createSealer(keys(`k1:${MATERIAL.k2}`));
  expect(impostor.open(sealed, "secret A")).toHaveProperty("problem");
});

test("the first key seals and all open; an unknown key is named", () => {
  const old = one.seal("x", "p");
  expect(both.open(old, "p")).toEqual({ text: "x" });
  expect(both.isFresh(old)).toBe(false);
  expect(both.isFresh(both.seal("x", "p"))).toBe(true);
  expect(one.open(both.seal("x", "p"), "p")).toEqual({ problem: expect.stringContaining("the key k2") });
});

test("without keys nothing is sealed or opened", () => {
  const none = createSealer([]);
  expect(none.canSeal).toBe(false);
  expect(() => none.seal("x", "p")).toThrow(/POSTRIDER_SECRET_KEYS is not set/);
  expect(none.open(one.seal("x", "p"), "p")).toHaveProperty("problem");
});

test.each([
  [MATERIAL.k1, /key 1 of 1 must look like/],
  [`k1:${MATERIAL.k1},k 2:${MATERIAL.k2}`, /key 2 of 2 must look like/],
  ["k1:c2hvcnQ=", /has 5 bytes/],
  [`k1:${MATERIAL.k1},k1:${MATERIAL.k2}`, /id that another key has/],
])("wrong keys are refused without being shown (%#)", (text, message) => {
  const read = () => readSettings({ POSTRIDER_SECRET_KEYS: text });
  expect(read).toThrow(message);
  try {
    read();
  } catch (error) {
    for (const secret of [...Object.values(MATERIAL), "c2hvcnQ="])
      expect(`${inspect(error)}${JSON.stringify(error)}`).not.toContain(secret);
  }
});

test("settings that hold keys print without them, and sealing customers needs them", () => {
  const settings = readSettings({ POSTRIDER_SECRET_KEYS: `k1:${MATERIAL.k1}` });
  const hex = Buffer.from(MATERIAL.k1, "base64").toString("hex");
  for (const text of [JSON.stringify(settings), inspect(settings, { depth: 10, showHidden: true })]) {
    expect(text).not.toContain(MATERIAL.k1);
    expect(text).not.toContain(hex);
  }
  expect(() => readSettings({ POSTRIDER_SEAL_CUSTOMERS: "true" })).toThrow(/needs POSTRIDER_SECRET_KEYS/);
});
