// `postrider status`: what lies in the lanes, and whose circuit is open.

import type { OwnLanes } from "@postrider/producer/destinations/own-lanes";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeDuration, describeTime } from "../readable.ts";
import { withProducer } from "../with-producer.ts";

/** Own lanes that are shown; there may be thousands. */
const OWN_LANES_SHOWN = 20;

export function addStatus(program: Command, context: Context): void {
  program
    .command("status")
    .description("Show what lies in the lanes, the fullest own lanes, and open circuits")
    .option("--json", "for programs")
    .action(async ({ json }: { json?: boolean }) => {
      const settings = context.settings();
      const { lanes, own } = await withProducer(settings, async (producer) => {
        const [known, served, top] = await Promise.all([
          producer.lanes.known(),
          producer.lanes.served(),
          producer.ownLanes.top(OWN_LANES_SHOWN),
        ]);
        const names = [...new Set([...settings.lanes, ...known.sort()])];
        const backlogs = await Promise.all(
          names.map(async (lane) => ({
            lane,
            isServed: served.includes(lane),
            ...(await producer.lanes.backlog(lane)),
          })),
        );
        return { lanes: backlogs, own: top };
      });
      if (json === true)
        return context.output.json({
          lanes,
          ownLanes: own.lanes,
          ownLanesTotal: own.total,
          openCircuits: own.openCircuits,
        });
      context.output.table(
        ["LANE", "SERVED", "WAITING", "DELAYED", "IN FLIGHT", "DEAD LETTERS", "OLDEST WAITS FOR"],
        lanes.map(({ lane, isServed, waiting, delayed, inFlight, deadLetters, oldestAgeMs }) => [
          lane,
          isServed ? "yes" : "no",
          waiting,
          delayed,
          inFlight,
          deadLetters,
          waiting === 0 ? "–" : describeDuration(oldestAgeMs),
        ]),
      );
      showOwn(own, context);
    });
}

function showOwn(
  { lanes, openCircuits, total }: Awaited<ReturnType<OwnLanes["top"]>>,
  { output }: Context,
): void {
  if (lanes.length > 0) {
    output.line("");
    output.table(
      ["OWN LANE OF", "", "STATE", "WAITING", "DELAYED", "IN FLIGHT"],
      lanes.map(({ kind, of, state, waiting, delayed, inFlight }) => [
        kind,
        of,
        state,
        waiting,
        delayed,
        inFlight,
      ]),
    );
    if (total > lanes.length) output.line(`the ${lanes.length} fullest of ${total} own lanes`);
  }
  for (const { origin, state, probeAt } of openCircuits) {
    const probe = probeAt === null ? "" : `, next probe at ${describeTime(probeAt)}`;
    output.line(`${state}: ${origin}${probe}`);
  }
}
