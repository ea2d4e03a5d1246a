// A draft is saved as a new version, unless somebody else has saved one meanwhile: then the writer looks at
// what differs, and goes on from there.

import { ApiError } from "@postrider/client/api-error";
import { confirm } from "../../design/confirm.tsx";
import { go, toHref } from "../../platform/address.ts";
import { askApi, tellApi } from "../../session/session.ts";
import type { ActionFields } from "./action-document.ts";
import { forgetDraft } from "./use-draft.ts";

export interface Saving {
  readonly id: string;
  /** That was edited; null: there is none yet. */
  readonly version: number | null;
  readonly document: ActionFields;
  /** Of the draft that is kept. */
  readonly draftKey: string;
  /** How many customers of the samples would fail. */
  readonly failing: number;
  readonly onSaved: () => void;
  /** Somebody else has saved this version. */
  readonly onOvertaken: (version: number) => void;
}

export function askSave(saving: Saving): void {
  const { id, version, failing } = saving;
  confirm({
    title: version === null ? `Save ${id}?` : `Save a new version of ${id}?`,
    body: (
      <>
        <p>
          {version === null
            ? "It can be sent within a second."
            : `What is enqueued from now on gets the new version; what waits keeps its own. Where somebody has saved after version ${version}, nothing is saved, and you are told.`}
        </p>
        {failing > 0 && (
          <p class="problem">
            {failing === 1 ? "1 sample customer would fail" : `${failing} sample customers would fail`} as it
            stands.
          </p>
        )}
      </>
    ),
    verb: version === null ? "Save the action" : "Save the version",
    act: () => save(saving),
  });
}

async function save(saving: Saving): Promise<void> {
  const { id, version, document, draftKey, onSaved, onOvertaken } = saving;
  const headers = version === null ? { "If-None-Match": "*" } : { "If-Match": `"${version}"` };
  try {
    const { version: now } = await tellApi("saveAction", {
      params: { id },
      body: { ...document, id } as never,
      headers,
    });
    forgetDraft(draftKey);
    onSaved();
    const saved = String(now);
    const isFirst = version === null || now === version;
    go(toHref(["actions", id], isFirst ? { saved } : { tab: "versions", to: saved, saved }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "precondition_failed" || version === null) throw error;
    const { version: latest } = await askApi("getAction", { params: { id } });
    onOvertaken(latest);
  }
}

interface OvertakenProps {
  readonly id: string;
  readonly from: number;
  readonly latest: number;
  readonly onGoOn: () => void;
}

export function Overtaken({ id, from, latest, onGoOn }: OvertakenProps) {
  return (
    <div class="problem" role="alert">
      <p>
        <strong>
          Somebody has saved version {latest} of {id} while you wrote on from version {from}.
        </strong>{" "}
        Nothing of yours is lost.
      </p>
      <p>
        <a href={toHref(["actions", id], { tab: "versions", from: String(from), to: String(latest) })}>
          Look at what they changed
        </a>
        , and put into yours what it should keep.
      </p>
      <div class="form-foot">
        <button type="button" onClick={onGoOn}>
          Mine is to follow version {latest}
        </button>
      </div>
    </div>
  );
}
