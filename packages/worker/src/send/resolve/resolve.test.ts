import { describe, expect, test } from "vitest";
import { joinFamilies } from "./name-servers.ts";
import { type Answer, createResolve, interleave } from "./resolve.ts";

function answer(address: string, ttlMs: number | null = null): Answer {
  return { address, ttlMs };
}

/** A resolver over a script of answers, with a clock that the test sets. */
function scripted(...answers: readonly Answer[][]) {
  const clock = { now: 0 };
  let asked = 0;
  const resolve = createResolve(
    async () => answers[Math.min(asked++, answers.length - 1)] ?? [],
    () => clock.now,
  );
  return { resolve, clock, asked: () => asked };
}

describe("answers are kept", () => {
  test.each([
    ["as long as they say", 20_000, 20_000],
    ["a second when they say nothing is to be kept", 0, 1_000],
    ["five minutes when they say a week", 604_800_000, 300_000],
    ["ten seconds when they do not say", null, 10_000],
  ])("%s", async (_, ttlMs, keptMs) => {
    const { resolve, clock } = scripted([answer("192.0.2.1", ttlMs)], [answer("192.0.2.2")]);

    expect(await resolve("h")).toEqual(["192.0.2.1"]);
    clock.now = keptMs - 1;
    expect(await resolve("h")).toEqual(["192.0.2.1"]);
    clock.now = keptMs;
    expect(await resolve("h")).toEqual(["192.0.2.2"]);
  });

  test("as long as the shortest of them says", async () => {
    const { resolve, clock, asked } = scripted([answer("192.0.2.1", 60_000), answer("192.0.2.2", 5_000)]);
    await resolve("h");
    clock.now = 5_000;
    await resolve("h");

    expect(asked()).toBe(2);
  });
});

test("many who ask at once ask one question, and a failure is not kept", async () => {
  let asked = 0;
  const resolve = createResolve(
    async () => {
      asked += 1;
      if (asked === 1) throw Object.assign(new Error("x"), { code: "ESERVFAIL" });
      return [answer("192.0.2.1")];
    },
    () => 0,
  );

  const failed = await Promise.allSettled([resolve("h"), resolve("h"), resolve("h")]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(failed[0]).toMatchObject({
    reason: { code: "POSTRIDER_DNS", message: "h could not be resolved (ESERVFAIL)" },
  });
  expect(await Promise.all([resolve("h"), resolve("h")])).toEqual([["192.0.2.1"], ["192.0.2.1"]]);
  expect(asked).toBe(2);
});

test("that no name server could be asked is no fault of the name", async () => {
  const resolve = createResolve(
    () => Promise.reject(Object.assign(new Error("x"), { code: "ECONNREFUSED" })),
    () => 0,
  );

  await expect(resolve("h")).rejects.toMatchObject({
    code: "POSTRIDER_LOCAL",
    message: "no name server could be asked for h (ECONNREFUSED)",
  });
});

test("with two thousand questions open the next name is this machine's trouble, and those that are asked for go on", async () => {
  const answers = new Map<string, (some: readonly Answer[]) => void>();
  const resolve = createResolve(
    (host) => new Promise((give) => void answers.set(host, give)),
    () => 0,
  );
  const asked = Array.from({ length: 2_000 }, (_, index) => resolve(`n${index}`));
  const again = resolve("n7");

  await expect(resolve("one-more")).rejects.toMatchObject({ code: "POSTRIDER_LOCAL" });
  answers.get("n7")?.([answer("192.0.2.7")]);
  expect(await Promise.all([asked[7], again])).toEqual([["192.0.2.7"], ["192.0.2.7"]]);
  await new Promise(setImmediate);
  void resolve("one-more");
  expect(answers.has("one-more")).toBe(true);
});

test("an address is its own, and nobody is asked", async () => {
  const { resolve, asked } = scripted([]);

  expect(await resolve("192.0.2.1")).toEqual(["192.0.2.1"]);
  expect(await resolve("2001:db8::1")).toEqual(["2001:db8::1"]);
  expect(asked()).toBe(0);
});

test("a name without an address is a fault, and one with thousands is cut", async () => {
  await expect(scripted([]).resolve("h")).rejects.toMatchObject({ code: "POSTRIDER_DNS" });
  const many = Array.from({ length: 5_000 }, (_, index) => answer(`192.0.${index >> 8}.${index & 255}`));

  expect(await scripted(many).resolve("h")).toHaveLength(32);
});

test("families come in turn, the first answer's first (RFC 8305, 4)", () => {
  expect(interleave(["::1", "::2", "::3", "1.1.1.1", "2.2.2.2"])).toEqual([
    "::1",
    "1.1.1.1",
    "::2",
    "2.2.2.2",
    "::3",
  ]);
  expect(interleave(["1.1.1.1", "::1", "::2"])).toEqual(["1.1.1.1", "::1", "::2"]);
  expect(interleave(["1.1.1.1"])).toEqual(["1.1.1.1"]);
});

describe("two families", () => {
  const never = new Promise<readonly Answer[]>(() => undefined);
  const fails = () => Promise.reject(Object.assign(new Error("x"), { code: "ENODATA" }));
  const v4 = [answer("192.0.2.1")];
  const v6 = [answer("2001:db8::1")];

  test("are joined when both answer", async () => {
    expect(await joinFamilies(Promise.resolve(v6), Promise.resolve(v4))).toEqual([...v6, ...v4]);
  });

  test("one is enough when the other fails, or does not come", async () => {
    expect(await joinFamilies(fails(), Promise.resolve(v4))).toEqual(v4);
    expect(await joinFamilies(Promise.resolve(v6), fails())).toEqual(v6);
    expect(await joinFamilies(never, Promise.resolve(v4))).toEqual(v4);
    expect(await joinFamilies(Promise.resolve([]), Promise.resolve(v4))).toEqual(v4);
  });

  test("both failing is a failure with a code", async () => {
    await expect(joinFamilies(fails(), fails())).rejects.toMatchObject({ code: "ENODATA" });
  });
});
