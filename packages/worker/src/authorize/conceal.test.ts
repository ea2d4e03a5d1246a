import { compileAction } from "@postrider/compose/compile";
import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Finding } from "../attempt.ts";
import { LazyText } from "../lazy-text.ts";
import { addSensitiveHeaders, conceal, sensitiveSecrets } from "./conceal.ts";

function reply(body: string, headers: Record<string, string> = {}, isCut = false): Finding {
  return { kind: "reply", status: 400, headers, body: LazyText.of(body), isCut };
}

const SECRET = 's3cret/"é<x>+ =key';

test("a value is masked in every form in which servers repeat it", () => {
  const forms = [
    SECRET,
    JSON.stringify({ echo: SECRET }),
    `{"php": "${SECRET.replaceAll('"', '\\"').replaceAll("/", "\\/").replace("é", "\\u00e9")}"}`,
    '{"python": "s3cret/\\"\\u00e9<x>+ =key"}',
    `/x?k=${encodeURIComponent(SECRET)}&y`,
    new URLSearchParams({ k: SECRET }).toString(),
    "<p>s3cret/&quot;é&lt;x&gt;+ =key</p>",
    Buffer.from(SECRET).toString("base64"),
    Buffer.from(SECRET).toString("base64url"),
    Buffer.from(SECRET).toString("hex"),
    Buffer.from(SECRET).toString("hex").toUpperCase(),
    `/login?next=${encodeURIComponent(`/x?k=${encodeURIComponent(SECRET)}`)}`,
  ];
  for (const form of forms) {
    const concealed = conceal(reply(`before ${form} after`, { echo: form }), new Set([SECRET]));
    const text = JSON.stringify(concealed);
    expect(text).toContain("***");
    expect(text, form).not.toMatch(/s3cret|czNjcmV0|733363726574/);
    expect(text).toContain("before");
  }
});

test("a value is masked in base64 of whatever stands around it", () => {
  const text = fc.string({ maxLength: 5 });
  fc.assert(
    fc.property(text, text, fc.constantFrom("base64", "base64url"), (before, after, encoding) => {
      const form = Buffer.from(before + SECRET + after).toString(encoding as "base64");
      const masked = JSON.stringify(conceal(reply(form), new Set([SECRET])));
      const inner = Buffer.from(SECRET.slice(3, -3))
        .toString(encoding as "base64")
        .slice(4, 12);
      expect(masked).toContain("***");
      expect(masked.match(/"body":"([^"]*)"/)?.[1]?.length).toBeLessThan(
        before.length * 6 + after.length * 6 + 20,
      );
      expect(masked).not.toContain(inner);
    }),
  );
});

test("no finding of any kind keeps a value, wherever it stands", () => {
  const secret = fc.string({ minLength: 6, unit: "grapheme-ascii" }).filter((text) => !/^[*\s]+$/.test(text));
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      const text = before + value + after;
      const findings: Finding[] = [
        reply(text, { "x-echo": text }),
        { kind: "fault", code: "reset", message: text },
        { kind: "cancelled", message: text },
        { kind: "broken", message: text },
        { kind: "unready", reason: "secret_invalid", message: text },
        { kind: "unsendable", reason: "template", problems: [{ field: "url", message: text }] },
      ];
      for (const finding of findings) {
        const texts: string[] = [];
        JSON.stringify(conceal(finding, new Set([value])), (_, member: unknown) => {
          if (typeof member === "string") texts.push(member);
          return member;
        });
        for (const seen of texts) expect(seen).not.toContain(value);
      }
    }),
  );
});

test("a body that was cut in the middle of a value does not keep its beginning", () => {
  const concealed = conceal(reply(`echo: ${SECRET.slice(0, 9)}`, {}, true), new Set([SECRET]));

  expect(JSON.parse(JSON.stringify(concealed))).toMatchObject({ body: "echo: ***" });
});

test("what is sensitive in a request: credentials by name, their parts, and headers that a filter made of a secret", () => {
  const action = compileAction(
    parseAction({
      id: "a",
      url: "https://us:pass-w0rd@h/",
      headers: [
        { name: "X-Digest", value: "{{ secrets.K | sha1 }}" },
        { name: "X-Made", value: "{{ snippets.made }}" },
        { name: "X-Plain", value: "public" },
        { name: "X-Api-Key", value: "Token abcdef" },
      ],
      secrets: ["K"],
      snippets: { made: "{{ secrets.K | sha256 }}" },
    }),
  );
  const composed = action.compose({ id: "d", dueAt: 0 }, { customer: { id: 1 }, secrets: { K: "k-value" } });
  if (composed.kind !== "request") throw new Error("not composed");
  const sensitive = sensitiveSecrets({ K: "k-value" });
  addSensitiveHeaders(sensitive, composed.request, action);

  expect(sensitive).toContain("k-value");
  expect(sensitive).toContain("pass-w0rd");
  expect(sensitive).toContain("abcdef");
  expect([...sensitive].some((value) => /^[0-9a-f]{40}$/.test(value))).toBe(true);
  expect([...sensitive].some((value) => /^[0-9a-f]{64}$/.test(value))).toBe(true);
  expect(sensitive).not.toContain("public");
  expect(sensitive).not.toContain("d");
});
