// Tells the lane of a destination of the limits of an action at once, where the URL names it, so that no
// delivery is sent before they are known. All else the workers find out with the version's first delivery.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Action } from "@postrider/shared/action";
import type { ActionVersion } from "@postrider/shared/action-ref";
import { ownLaneName } from "@postrider/shared/lanes";
import { bringsLimits, withActionLimits } from "@postrider/shared/own-lane";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import { findOrigin } from "./origin.ts";

/** @throws `redis_unavailable`, `redis_full`. */
export type AnnounceLimits = (action: Action, version: ActionVersion) => Promise<void>;

interface WithDirectory extends ShardPart {
  readonly directory: LaneDirectory;
}

/** A shard that is away learns of them with the first delivery. */
export function createAnnounceLimits(over: OverShards<WithDirectory>): AnnounceLimits {
  return async ({ url, limits }, version) => {
    const origin = findOrigin(url);
    if (origin === null) return;
    const lane = ownLaneName("destination", origin);
    await over.ask(({ directory }) =>
      directory.update(lane, (entry) =>
        bringsLimits(entry, version, limits, directory.now())
          ? withActionLimits(
              entry ?? { lane, kind: "destination", of: origin, createdAt: directory.now() },
              version,
              limits,
              directory.now(),
            )
          : undefined,
      ),
    );
  };
}
