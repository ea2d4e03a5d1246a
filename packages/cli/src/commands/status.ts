// `postrider status`: what lies in the lanes, and whose circuit is open.

import type { LanesStatus } from "@postrider/producer/lanes-status";
import { describeUnpacked } from "@postrider/redis/packed-hashes";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeDuration, describeTime } from "../readable.ts";
import { withService } from "../with-service.ts";

/** Own lanes that are shown; there may be thousands. */
const OWN_LANES_SHOWN = 20;

export function addStatus(program: Command, context: Context): void {
  program
    .command("status")
    .description("Show what lies in the lanes, the fullest own lanes, and open circuits")
    .option("--json", "for programs")
    .action(async ({ json }: { json?: boolean }) => {
      const settings = context.settings();
      const query = { lanes: settings.lanes, ownLanesMax: OWN_LANES_SHOWN };
      const status = await withService(settings, (service) => service.status(query));
      if (json === true) return context.output.json(status);
      context.output.table(
        ["LANE", "SERVED", "WAITING", "DELAYED", "IN FLIGHT", "DEAD LETTERS", "OLDEST WAITS FOR"],
        status.lanes.map(({ lane, isServed, waiting, delayed, inFlight, deadLetters, oldestAgeMs }) => [
          lane,
          isServed ? "yes" : "no",
          waiting,
          delayed,
          inFlight,
          deadLetters,
          waiting === 0 ? "–" : describeDuration(oldestAgeMs),
        ]),
      );
      showOwn(status, context);
      showAway(status, context);
      showUnpacked(status, context);
    });
}

function showOwn({ ownLanes, openCircuits, ownLanesTotal }: LanesStatus, { output }: Context): void {
  if (ownLanes.length > 0) {
    output.line("");
    output.table(
      ["OWN LANE OF", "", "STATE", "WAITING", "DELAYED", "IN FLIGHT"],
      ownLanes.map(({ kind, of, state, waiting, delayed, inFlight }) => [
        kind,
        of,
        state,
        waiting,
        delayed,
        inFlight,
      ]),
    );
    if (ownLanesTotal > ownLanes.length)
      output.line(`the ${ownLanes.length} fullest of ${ownLanesTotal} own lanes`);
  }
  for (const { origin, state, probeAt } of openCircuits) {
    const probe = probeAt === null ? "" : `, next probe at ${describeTime(probeAt)}`;
    output.line(`${state}: ${origin}${probe}`);
  }
}

function showAway({ shardsAway }: LanesStatus, { output }: Context): void {
  if (shardsAway.length === 0) return;
  const which =
    shardsAway.length === 1 ? `shard ${shardsAway[0]} does` : `shards ${shardsAway.join(", ")} do`;
  output.line(`the Redis of ${which} not answer: what lies there is missing here`);
}

function showUnpacked({ shardsUnpacked }: LanesStatus, { output }: Context): void {
  if (shardsUnpacked.length === 0) return;
  const names = shardsUnpacked.map(({ shard }) => shard);
  const which = names.length === 1 ? "shard" : "shards";
  output.line(`the Redis of ${which} ${names.join(", ")} ${describeUnpacked(shardsUnpacked)}`);
}
