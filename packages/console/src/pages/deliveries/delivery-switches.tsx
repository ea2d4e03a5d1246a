// What can be done with one delivery: call it off while it waits, or put it back once it has failed.

import type { Operations } from "@postrider/client/generated";
import { confirm } from "../../design/confirm.tsx";
import { may, tellApi } from "../../session/session.ts";
import { findNewer, toVersion, VersionChoice } from "../replay-version.tsx";

export type Delivery = Operations["getDelivery"]["reply"];

interface Props {
  readonly delivery: Delivery;
  readonly done: () => void;
}

export function DeliverySwitches({ delivery, done }: Props) {
  const { id, state } = delivery;
  if (!may("manage")) return null;
  if (state === "dead-letter")
    return (
      <button type="button" class="primary" onClick={() => void askReplay(delivery, done)}>
        Replay
      </button>
    );
  if (state !== "waiting" && state !== "delayed") return null;
  return (
    <button
      type="button"
      class="harmful"
      onClick={() =>
        confirm({
          title: "Cancel this delivery?",
          body: <p>1 delivery will not be sent. This cannot be undone.</p>,
          verb: "Cancel 1 delivery",
          isHarmful: true,
          async act() {
            await tellApi("cancelDelivery", { params: { id } });
            done();
          },
        })
      }
    >
      Cancel
    </button>
  );
}

async function askReplay({ id, action }: Delivery, done: () => void): Promise<void> {
  const newer = await findNewer(action === null ? [] : [action]);
  confirm({
    title: "Replay this delivery?",
    body: (
      <>
        <p>1 delivery is put back into its lane, with all its attempts again.</p>
        <VersionChoice of={newer} />
      </>
    ),
    verb: "Replay 1 delivery",
    async act(fields) {
      await tellApi("replayDeadLetters", { body: { ids: [id], ...toVersion(fields) } });
      done();
    },
  });
}
