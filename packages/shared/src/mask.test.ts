import fc from "fast-check";
import { expect, test } from "vitest";
import type { ActionDocument } from "./action.ts";
import { isCredentialName } from "./credential-names.ts";
import { maskAction } from "./mask.ts";
import { parseAction } from "./parse-action.ts";

function mask(document: Partial<ActionDocument>) {
  return maskAction(parseAction({ id: "a", url: "https://h/", ...document }));
}

test.each([
  ["https://user:pass@h/x", "https://***@h/x"],
  ["https://key@h/x", "https://***@h/x"],
  ["https://a:b@c@h/x", "https://***@h/x"],
  ["  HTTPS://user:pass@h", "  HTTPS://***@h"],
  ["https:user:pass@h/", "https:***@h/"],
  ["https:\\\\user:pass@h/", "https:\\\\***@h/"],
  ["https://us{{ '/@' }}er:pass@h/", "https://***@h/"],
  ["https://user:pre{{ secrets.P }}@h/", "https://***@h/"],
  ["https://user:{{ secrets.P | default: 'pass' }}@h/", "https://***@h/"],
  ["https://user:{{ customer.id }}@h/", "https://***@h/"],
])("%s is shown as %s", (url, shown) => {
  expect(mask({ url }).url).toBe(shown);
});

test.each([
  "https://h/a@b",
  "https://h?a@b",
  "https://h/{{ customer.email }}",
  "https://user:{{ secrets.P }}@h/",
  "https://{{ secrets.U }}:{{ secrets.P }}@h/",
  "{{ customer.url | raw }}",
])("%s is shown as it is", (url) => {
  expect(mask({ url }).url).toBe(url);
});

test("no user info survives, whatever it is", () => {
  const part = fc.stringMatching(/^[A-Za-z0-9%+~!$&=_.:@-]{6,20}$/);
  fc.assert(
    fc.property(part, (userInfo) => {
      expect(mask({ url: `https://${userInfo}@host.example/p` }).url).toBe("https://***@host.example/p");
    }),
  );
});

test("credentials by name and in auth and signing are masked, references to secrets are not", () => {
  const masked = mask({
    headers: [
      { name: "X-Api-Key", value: "literal" },
      { name: "Authorization", value: "Bearer {{ secrets.T }}" },
      { name: "Cookie", value: "a={{ secrets.T }}" },
      { name: "X-Plan", value: "gold" },
    ],
    auth: undefined,
    signing: { scheme: "standard-webhooks", secrets: ["{{ secrets.S }}", "whsec_x"] },
    secrets: ["T", "S"],
  });

  expect(masked.headers.map(({ value }) => value)).toEqual(["***", "Bearer {{ secrets.T }}", "***", "gold"]);
  expect(masked.signing?.secrets).toEqual(["{{ secrets.S }}", "***"]);
  expect(
    mask({ auth: { oauth2: { tokenUrl: "https://u:p@t/", clientId: "c", clientSecret: "x" } } }).auth,
  ).toMatchObject({ oauth2: { tokenUrl: "https://***@t/", clientId: "c", clientSecret: "***" } });
});

test.each([
  ["Authorization", true],
  ["Proxy-Authorization", true],
  ["X-Api-Key", true],
  ["apikey", true],
  ["X-Auth-Token", true],
  ["Ocp-Apim-Subscription-Key", true],
  ["X-Shop-Access-Token", true],
  ["Set-Cookie", true],
  ["client_secret", true],
  ["Idempotency-Key", false],
  ["X-CIO-Idempotency-Key", false],
  ["X-Partition-Key", false],
  ["webhook-signature", false],
  ["Content-Type", false],
  ["X-Author", false],
])("%s carries a credential: %s", (name, is) => {
  expect(isCredentialName(name)).toBe(is);
});
