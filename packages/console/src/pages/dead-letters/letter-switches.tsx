// The ways back for dead letters: a few of them at once, to see whether it helps, and then all that the
// filter means, at a rate, as a task. What a task hits is counted before the question.

import { ApiError } from "@postrider/client/api-error";
import type { DeadLetter } from "@postrider/client/generated";
import { useState } from "preact/hooks";
import { confirm } from "../../design/confirm.tsx";
import { Field } from "../../design/form.tsx";
import { Problem } from "../../design/problem.tsx";
import { go } from "../../platform/address.ts";
import { askApi, may, tellApi } from "../../session/session.ts";
import { showMany } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { type Filter, sayFilter } from "../filter.tsx";
import { taskHref } from "../links.ts";
import { findNewer, toVersion, VersionChoice, type Versions } from "../replay-version.tsx";

interface Props {
  readonly filter: Filter;
  /** The newest ones that the filter means. */
  readonly sample: readonly DeadLetter[];
  readonly done: () => void;
}

const SAMPLE = 10;
/** A destination that has just come back is not run over. */
const FIRST_RATE = "100";

type Doing = "replay" | "purge";

export function LetterSwitches({ filter, sample, done }: Props) {
  const [error, setError] = useState<ApiError | null>(null);
  if (!may("manage") || sample.length === 0) return null;
  const begin = async (doing: Doing): Promise<void> => {
    setError(null);
    try {
      await askThenBegin(doing, filter);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    }
  };
  return (
    <>
      {error !== null && <Problem error={error} />}
      <button type="button" onClick={() => void askSample(sample.slice(0, SAMPLE), done)}>
        Replay a sample
      </button>
      <button type="button" class="primary" onClick={() => void begin("replay")}>
        Replay all …
      </button>
      <button type="button" class="harmful" onClick={() => void begin("purge")}>
        Purge all …
      </button>
    </>
  );
}

async function askSample(sample: readonly DeadLetter[], done: () => void): Promise<void> {
  const newer = await findNewer(sample.map(({ action }) => action));
  const many = showMany(sample.length, "letter", "letters");
  confirm({
    title: "Replay a sample?",
    body: (
      <>
        <p>The newest {many} are put back into their lanes, with all their attempts again.</p>
        <VersionChoice of={newer} />
      </>
    ),
    verb: `Replay ${many}`,
    async act(fields) {
      const ids = sample.map(({ id }) => id);
      await tellApi("replayDeadLetters", { body: { ids, ...toVersion(fields) } });
      done();
    },
  });
}

async function askThenBegin(doing: Doing, filter: Filter): Promise<void> {
  const meant = Object.keys(filter).length === 0 ? { all: true as const } : { filter: filter as never };
  const [counted, newer] = await Promise.all([
    askApi("beginTask", { body: { do: doing, ...meant, dryRun: true } }),
    doing === "replay" ? findNewerOf(filter) : null,
  ]);
  if (!("dryRun" in counted)) return;
  const many = showMany(counted.count, "letter", "letters", !counted.isComplete);
  const which = Object.keys(filter).length === 0 ? "all there are" : sayFilter(filter);
  confirm({
    title: doing === "replay" ? `Replay ${many}?` : `Purge ${many} for good?`,
    body: (
      <>
        <p>
          {many}: {makeVisible(which)}.{" "}
          {doing === "replay"
            ? "They are put back into their lanes, with all their attempts again. It can be stopped on the way."
            : "They are forgotten and can never be replayed. Their outcomes and the runs' counters stay."}
        </p>
        {doing === "replay" && (
          <>
            <VersionChoice of={newer} />
            <Field label="Letters a second, at most" name="rate" value={FIRST_RATE} isNumber />
          </>
        )}
      </>
    ),
    verb: doing === "replay" ? `Replay ${many}` : `Purge ${many}`,
    isHarmful: doing === "purge",
    async act(fields) {
      const how = doing === "replay" ? { do: doing, ...toPace(fields), ...toVersion(fields) } : { do: doing };
      const task = await tellApi("beginTask", { body: { ...how, ...meant } });
      if ("id" in task) go(taskHref(task.id));
    },
  });
}

function toPace({ rate }: Readonly<Record<string, string>>) {
  return rate === undefined || rate === "" ? {} : { rate: Number(rate) };
}

/** Of the newest letters' actions, as many as are grouped at once. */
async function findNewerOf(filter: Filter): Promise<Versions> {
  const query = { ...filter, by: "action", scan: "5000" } as never;
  const { groups } = await askApi("groupDeadLetters", { query });
  return findNewer(groups.flatMap(({ of }) => of["action"] ?? []));
}
