import { expect } from "vitest";
import { inLongForm, inShortForm } from "../support/forms.ts";
import { loseOneShard } from "./shard-lost.ts";

inShortForm("one of four Redis servers is killed under load and comes back: all arrives", async () => {
  await loseOneShard({ count: 4_000, windowMs: 1_000, firstMs: 500, limitMs: 300_000 });
});

inLongForm.each([1, 2, 3])(
  "one of four Redis servers killed %i: the others keep their throughput",
  async () => {
    const { before, first, after } = await loseOneShard({
      count: 30_000,
      windowMs: 5_000,
      firstMs: 3_000,
      limitMs: 300_000,
    });
    // What they keep is nine tenths and more; these leave room for the machine's own ups and downs.
    expect(first).toBeGreaterThan(before * 0.7);
    expect(after).toBeGreaterThan(before * 0.8);
  },
);
