// What can be done with a destination: limit it, for a time or until further notice, pause and resume it.

import type { Destination } from "@postrider/client/generated";
import { confirm } from "../../design/confirm.tsx";
import { Field } from "../../design/form.tsx";
import { may, tellApi } from "../../session/session.ts";
import { showMany } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";

interface Props {
  readonly destination: Destination;
  readonly done: () => void;
}

const FOR_A_TIME = "Such as 30m or 2h; then it ends by itself. Empty: until somebody ends it.";

export function DestinationSwitches({ destination, done }: Props) {
  if (!may("manage")) return null;
  const { isPaused, circuit, coolsUntil, limitSources } = destination;
  const isLimited = Object.values(limitSources).some((source) => source?.by === "operator");
  return (
    <>
      <button type="button" onClick={() => askLimits(destination, done)}>
        Limit …
      </button>
      {isLimited && (
        <button type="button" onClick={() => askUnlimit(destination, done)}>
          Lift limits
        </button>
      )}
      {!isPaused && (
        <button type="button" onClick={() => askPause(destination, done)}>
          Pause …
        </button>
      )}
      {(isPaused || circuit !== "closed" || coolsUntil !== null) && (
        <button type="button" class="primary" onClick={() => askResume(destination, done)}>
          Resume
        </button>
      )}
    </>
  );
}

function sayWaiting({ waiting, delayed }: Destination): string {
  return showMany(waiting + delayed, "delivery", "deliveries");
}

function askLimits(destination: Destination, done: () => void): void {
  const { origin, limits } = destination;
  confirm({
    title: "Limit this destination",
    body: (
      <>
        <p>
          {makeVisible(origin)}, over all workers together; {sayWaiting(destination)} for it wait now. This
          stands above the limits of actions.
        </p>
        <div class="fields">
          <Field label="Requests a second" name="rate" value={String(limits.ratePerSecond ?? "")} isNumber />
          <Field label="At once" name="concurrency" value={String(limits.concurrency ?? "")} isNumber />
          <Field label="For" name="for" value="2h" hint={FOR_A_TIME} />
        </div>
      </>
    ),
    verb: "Limit",
    async act({ rate = "", concurrency = "", for: span = "" }) {
      const body = {
        ...(rate !== "" && { ratePerSecond: Number(rate) }),
        ...(concurrency !== "" && { concurrency: Number(concurrency) }),
        ...(span !== "" && { for: span }),
      };
      await tellApi("limitDestination", { params: { origin }, body });
      done();
    },
  });
}

function askUnlimit(destination: Destination, done: () => void): void {
  const { origin } = destination;
  confirm({
    title: "Lift the limits that were set by hand?",
    body: (
      <p>
        {sayWaiting(destination)} for {makeVisible(origin)} go as fast as the limits of actions let them.
      </p>
    ),
    verb: "Lift limits",
    async act() {
      await tellApi("unlimitDestination", { params: { origin } });
      done();
    },
  });
}

function askPause(destination: Destination, done: () => void): void {
  const { origin } = destination;
  confirm({
    title: "Pause this destination?",
    body: (
      <>
        <p>
          Nothing is sent to {makeVisible(origin)} until it is resumed: {sayWaiting(destination)} that wait
          now, and all that come. What is in flight ends.
        </p>
        <Field label="For" name="for" value="" placeholder="2h" hint={FOR_A_TIME} />
      </>
    ),
    verb: `Pause ${sayWaiting(destination)}`,
    async act({ for: span = "" }) {
      await tellApi("pauseDestination", { params: { origin }, body: span === "" ? {} : { for: span } });
      done();
    },
  });
}

function askResume(destination: Destination, done: () => void): void {
  const { origin } = destination;
  confirm({
    title: "Resume this destination?",
    body: (
      <p>
        {sayWaiting(destination)} for {makeVisible(origin)} are sent. An open circuit is closed, and a rest
        that it asked for ends.
      </p>
    ),
    verb: `Resume ${sayWaiting(destination)}`,
    async act() {
      await tellApi("resumeDestination", { params: { origin } });
      done();
    },
  });
}
