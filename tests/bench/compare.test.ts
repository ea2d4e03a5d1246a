import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { accountFor, refuseLostOrDoubled } from "../../bench/arrived.ts";
import { compare, describeComparison, type ReleaseQuantity, readRelease } from "../../bench/compare.ts";

function quantity(better: "more" | "less", ...rounds: number[]): ReleaseQuantity {
  return { name: "one", better, rounds };
}

test.each([
  ["every round is above every one before", "more", [1, 1.1, 1.2], [1.21, 1.3, 1.4], "better"],
  ["every round is below every one before", "more", [1, 1.1, 1.2], [0.7, 0.8, 0.99], "worse"],
  ["fewer bytes are better", "less", [700, 701, 702], [600, 601, 602], "better"],
  ["more bytes are worse", "less", [700, 701, 702], [720, 721, 722], "worse"],
  ["rounds overlap", "more", [1, 1.1, 1.2], [0.7, 0.8, 1.01], "same"],
  ["all are apart, and by less than a hundredth", "less", [700, 700, 700], [705, 705, 705], "same"],
] as const)("it is told apart from noise whether something moved: %s", (_, better, before, now, verdict) => {
  const release = { release: "1.2.3", quantities: [quantity(better, ...before)] };

  const compared = compare(release, [quantity(better, ...now), { ...quantity("more", 1), name: "new" }]);

  expect(compared.map((one) => [one.name, one.verdict])).toEqual([["one", verdict]]);
  expect(describeComparison("1.2.3", compared)).toContain(verdict === "same" ? "within the noise" : verdict);
});

test("a file that holds no release is refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "postrider-compare-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "other.json"), '{"results": []}');

  await expect(readRelease(join(folder, "other.json"))).rejects.toThrow("holds no release");
});

test("one delivery that is lost and one that came twice do not make up for each other", () => {
  const path = (index: number) => `/v1/people/c${String(index).padStart(8, "0")}/events?plan=gold`;

  expect(accountFor([10, 11, 12].map(path), 10, 3)).toEqual({ lost: 0, repeats: 0 });
  expect(accountFor([10, 11, 11].map(path), 10, 3)).toEqual({ lost: 1, repeats: 1 });
  expect(() => accountFor([path(13)], 10, 3)).toThrow("which is no delivery");
});

test("a round in which something was lost or sent twice gives no figures; only a case that may repeat does", () => {
  const postrider = { name: "postrider" };

  expect(() => refuseLostOrDoubled(postrider, 3, { lost: 0, repeats: 0 })).not.toThrow();
  expect(() => refuseLostOrDoubled(postrider, 3, { lost: 1, repeats: 0 })).toThrow(
    "1 never reached the sink",
  );
  expect(() => refuseLostOrDoubled(postrider, 3, { lost: 0, repeats: 2 })).toThrow("asked 2 times again");
  expect(() =>
    refuseLostOrDoubled({ name: "script", mayRepeat: true }, 3, { lost: 0, repeats: 2 }),
  ).not.toThrow();
});
