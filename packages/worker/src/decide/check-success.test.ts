import { parseAction } from "@postrider/shared/parse-action";
import { expect, test } from "vitest";
import { type Reply, STOPPED } from "../attempt.ts";
import { LazyText } from "../lazy-text.ts";
import { checkSuccess } from "./check-success.ts";

function success(rules: unknown) {
  return parseAction({ id: "a", url: "https://h/", success: rules }).success;
}

function reply(body: unknown, more: Partial<Reply> = {}): Reply {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "reply", status: 200, headers: {}, body: LazyText.of(text), isCut: false, ...more };
}

/** The status and message that a reply is judged by; null where it holds. */
function check(rules: unknown, finding: Reply): [as: number, message: string] | null {
  const judged = checkSuccess(finding, success(rules));
  if (judged.kind !== "reply") throw new Error(judged.kind);
  return judged.judged === undefined ? null : [judged.judged.as, judged.judged.message];
}

const OK = { json: "/ok", is: true, otherwise: 503 };

test.each<[rules: unknown, body: unknown, message: string | null]>([
  [OK, { ok: true }, null],
  [OK, { ok: false, error: "ratelimited" }, "/ok is false, not true"],
  [OK, { ok: "true" }, '/ok is "true", not true'],
  [OK, {}, "/ok is missing, not true"],
  [OK, { ok: { deep: "x".repeat(200) } }, `/ok is {"deep":"${"x".repeat(91)}…, not true`],
  [OK, "<html>", "the body is not JSON"],
  [OK, "", "there is no body"],
  [OK, "null", "/ok is missing, not true"],
  [OK, '\ufeff{"ok":true}', null],
  [OK, [true], "/ok is missing, not true"],
  [{ ...OK, json: "/toString" }, { ok: true }, "/toString is missing, not true"],
  [{ json: "", is: 1, otherwise: 503 }, "1", null],
  [{ json: "", is: 1, otherwise: 503 }, "2", "the body is 2, not 1"],
  [{ json: "/code", is: [0, null, "ok"], otherwise: 503 }, { code: null }, null],
  [{ json: "/code", is: [0, "ok"], otherwise: 503 }, { code: 7 }, '/code is 7, not 0 or "ok"'],
  [{ json: "/a~1b/m~0n/1", is: 2, otherwise: 503 }, { "a/b": { "m~n": [1, 2] } }, null],
  [{ json: "/list/length", is: 2, otherwise: 503 }, { list: [1, 2] }, "/list/length is missing, not 2"],
  [{ json: "/list/01", is: 2, otherwise: 503 }, { list: [1, 2] }, "/list/01 is missing, not 2"],
  [{ json: "/errors", exists: false, otherwise: 503 }, { data: 1 }, null],
  [{ json: "/errors", exists: false, otherwise: 503 }, { errors: [] }, "/errors is []"],
  [{ json: "/errors", exists: false, otherwise: 503 }, "gateway", "the body is not JSON"],
  [{ json: "/id", exists: true, otherwise: 503 }, { id: null }, null],
  [{ json: "/id", exists: true, otherwise: 503 }, {}, "/id is missing"],
  [{ json: "/error", isNot: ["busy"], otherwise: 503 }, { error: "busy" }, '/error is "busy"'],
  [{ json: "/error", isNot: "busy", otherwise: 503 }, {}, null],
])("%j of %j: %s", (rules, body, message) => {
  expect(check(rules, reply(body))).toEqual(message === null ? null : [503, message]);
});

test("the first rule that does not hold decides, and 422 stands for it unless the rule says otherwise", () => {
  const rules = [
    { json: "/error", isNot: ["ratelimited"], otherwise: 429 },
    { json: "/ok", is: true },
  ];
  expect(check(rules, reply({ ok: true }))).toBeNull();
  expect(check(rules, reply({ ok: false, error: "ratelimited" }))?.[0]).toBe(429);
  expect(check(rules, reply({ ok: false, error: "no_channel" }))?.[0]).toBe(422);
});

test("success has to be shown: what was not read to its end breaks the rule", () => {
  const whole = reply({ ok: true });
  expect(check(OK, { ...whole, isCut: true })).toEqual([
    503,
    expect.stringContaining("POSTRIDER_REPLY_BYTES_MAX"),
  ]);
  expect(check(OK, { ...whole, isCut: true, trouble: "reset" })).toEqual([
    503,
    "the body is cut short: reset",
  ]);
});

test.each(["utf-8", "UTF8", "none", "binary", "identity", "", "aws-chunked"])(
  "the coding %j packs nothing",
  (coding) => expect(check(OK, reply({ ok: true }, { headers: { "content-encoding": coding } }))).toBeNull(),
);

test.each(["gzip", "identity, br", "x-gzip", "Zstd", "deflate"])("what %s has packed is told", (coding) => {
  const packed = reply("(9 bytes, not unpacked)", { headers: { "content-encoding": coding } });
  expect(check(OK, packed)).toEqual([
    503,
    `the body is packed (content-encoding ${coding}), and is not unpacked`,
  ]);
});

test("a worker that has to stop leaves an answer unjudged, so that the delivery goes back", () => {
  const stopped = { ...reply(""), isCut: true, trouble: STOPPED };
  expect(checkSuccess(stopped, success(OK))).toEqual({ kind: "interrupted" });
  expect(checkSuccess(stopped, undefined)).toBe(stopped);
});

test("only a 2xx is judged, and by a rule alone", () => {
  const refused = reply({ ok: false }, { status: 400 });
  expect(checkSuccess(refused, success(OK))).toBe(refused);
  const accepted = reply({ ok: false });
  expect(checkSuccess(accepted, undefined)).toBe(accepted);
  const fault = { kind: "fault", code: "reset", message: "" } as const;
  expect(checkSuccess(fault, success(OK))).toBe(fault);
});
