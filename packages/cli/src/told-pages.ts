// What is told, page behind page, from wherever a reader begins.

import type { FollowOptions, Told } from "./service.ts";

/** The entries of each page until the signal, none where nothing more is there yet. */
export async function* readPages<E>(
  page: Told<E>["page"],
  { group, after, start, onMissed, signal }: FollowOptions,
): AsyncGenerator<readonly E[]> {
  let cursor = after;
  while (signal?.aborted !== true) {
    const found = await page({
      ...(start !== undefined && { start }),
      ...(group !== undefined && { group }),
      ...(cursor !== undefined && { after: cursor }),
    });
    if (found.missed !== 0) onMissed(found.missed);
    yield found.entries;
    cursor = found.after;
  }
}
