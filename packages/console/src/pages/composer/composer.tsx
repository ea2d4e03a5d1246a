// The composer: an action is written, by its fields or as a whole, and while it is written the server says
// what is wrong with it where it stands, what sample customers would get, and whether its examples hold.

import type { Operations } from "@postrider/client/generated";
import { useMemo, useState } from "preact/hooks";
import { Field } from "../../design/form.tsx";
import { Panel } from "../../design/panel.tsx";
import type { Marked } from "../../editor/code-editor.ts";
import { EditorHelp } from "../../editor/editor.tsx";
import { address, toHref } from "../../platform/address.ts";
import { makeVisible } from "../../words/visible.ts";
import { Landings } from "../actions/previewed.tsx";
import { type ActionFields, fitsFields } from "./action-document.ts";
import { BringIn } from "./bring-in/bring-in.tsx";
import { DraftFoot } from "./draft-foot.tsx";
import { Side } from "./draft-side.tsx";
import { RequestFields } from "./request-fields.tsx";
import { SamplePanel } from "./sample-panel.tsx";
import { askSave, Overtaken } from "./save-draft.tsx";
import { landingsIn, ofField, ofNoField, toMarked } from "./told-problems.ts";
import { type Draft, useDraft } from "./use-draft.ts";
import { type DraftAsked, useDraftAsk } from "./use-draft-ask.ts";
import { type Samples, useSamples } from "./use-samples.ts";
import { type Told, useWords } from "./use-words.ts";
import { WholeDocument } from "./whole-document.tsx";

type Preview = Operations["previewAction"]["reply"];

export interface SavedAction {
  readonly id: string;
  readonly version: number;
  /** Without its id. */
  readonly document: ActionFields;
}

interface Props {
  /** Null: a new action. */
  readonly saved: SavedAction | null;
  readonly onSaved: () => void;
}

const NEW_DOCUMENT: ActionFields = {
  method: "POST",
  url: "https://api.example.com/customers/{{ customer.id }}",
  body: '{\n  "name": {{ customer.name }}\n}',
};
const ACTION_ID = /^[a-z0-9][a-z0-9._-]{0,99}$/;
/** The path of what is asked about a draft that has no name yet. */
const UNNAMED = "draft";

export function Composer({ saved, onSaved }: Props) {
  const draftKey = saved === null ? "~new" : `${saved.id}@${saved.version}`;
  const draft = useDraft(draftKey, saved?.document ?? NEW_DOCUMENT);
  const [name, setName] = useState("");
  const [overtakenBy, setOvertakenBy] = useState<number | null>(null);
  const [follows, setFollows] = useState(saved?.version ?? null);
  const samples = useSamples();
  const told = useWords(samples, draft.document);
  const givenId = saved?.id ?? name;
  const id = ACTION_ID.test(givenId) ? givenId : UNNAMED;
  const asked = usePreview(id, draft.document, samples);
  const marked = useMarked(asked);
  const failing = asked.data?.previews.filter(({ problems }) => problems.length > 0).length ?? 0;
  return (
    <>
      {saved === null && <BringIn onBrought={draft.change} />}
      <div class="composer">
        <div class="composer-main">
          <Panel
            title={saved === null ? "A new action" : `From version ${saved.version} to the next one`}
            aside={<Views />}
          >
            {overtakenBy !== null && saved !== null && follows !== null && (
              <Overtaken
                id={saved.id}
                from={follows}
                latest={overtakenBy}
                onGoOn={() => {
                  setFollows(overtakenBy);
                  setOvertakenBy(null);
                }}
              />
            )}
            {saved === null && <NewName name={name} onName={setName} />}
            <Written draft={draft} told={told} asked={asked} marked={marked} />
            <EditorHelp />
            <DraftFoot
              draft={draft}
              isNamed={ACTION_ID.test(givenId)}
              asked={asked}
              marked={marked}
              onSave={() =>
                askSave({
                  ...{ id, version: follows, document: draft.document, draftKey, failing, onSaved },
                  onOvertaken: setOvertakenBy,
                })
              }
            />
          </Panel>
          {asked.error === null && <Landings outputs={asked.data?.outputs ?? []} places={told.places} />}
        </div>
        <div class="composer-side">
          <SamplePanel samples={samples} />
          <Side id={id} draft={draft} samples={samples} asked={asked} />
        </div>
      </div>
    </>
  );
}

function usePreview(id: string, document: ActionFields, samples: Samples): DraftAsked<Preview> {
  const { customers, event, values, problem } = samples;
  const isReady = customers.length > 0 && problem === null;
  const body = { action: { ...document, id }, customers, event, values };
  return useDraftAsk("previewAction", isReady ? { params: { id }, body } : null);
}

function useMarked({ data, error }: DraftAsked<Preview>): readonly Marked[] {
  return useMemo(() => toMarked(data, error === null ? null : error.problems), [data, error]);
}

function NewName({ name, onName }: { readonly name: string; readonly onName: (name: string) => void }) {
  const isOdd = name !== "" && !ACTION_ID.test(name);
  return (
    <Field
      label="Id"
      name="id"
      value={name}
      placeholder="welcome"
      onInput={onName}
      hint={
        isOdd ? (
          <span class="field-problem">
            Only small letters, digits, dots, underscores and hyphens, and no dot first.
          </span>
        ) : (
          "Small letters, digits, dots and dashes. Deliveries name the action by it."
        )
      }
    />
  );
}

/** Which way it is written stands in the address. */
function Views() {
  const { path, query } = address.value;
  const isWhole = query["view"] === "document";
  return (
    <nav class="choice" aria-label="How it is written">
      <a href={toHref(path, { ...query, view: undefined })} aria-current={isWhole ? undefined : "true"}>
        Fields
      </a>
      <a href={toHref(path, { ...query, view: "document" })} aria-current={isWhole ? "true" : undefined}>
        Document
      </a>
    </nav>
  );
}

interface WrittenProps {
  readonly draft: Draft;
  readonly told: Told;
  readonly asked: DraftAsked<Preview>;
  readonly marked: readonly Marked[];
}

function Written({ draft, told: { words, places }, asked, marked }: WrittenProps) {
  const isWhole = address.value.query["view"] === "document";
  if (isWhole) return <WholeDocument draft={draft} words={words} marked={marked} />;
  if (draft.textProblem !== null || !fitsFields(draft.document))
    return (
      <p class="note">
        {draft.textProblem === null
          ? "Some of its parts are of another kind than the fields are: mend them in the document."
          : "The document is no JSON yet: mend it there first."}
      </p>
    );
  const outputs = asked.error === null ? (asked.data?.outputs ?? []) : [];
  return (
    <>
      <RequestFields
        document={draft.document}
        onChange={draft.change}
        words={words}
        problemsOf={(field) => ofField(marked, field)}
        landingsOf={(field) => landingsIn(outputs, field, places)}
      />
      <Elsewhere marked={ofNoField(marked)} />
    </>
  );
}

/** Problems of what has no field. */
function Elsewhere({ marked }: { readonly marked: readonly Marked[] }) {
  if (marked.length === 0) return null;
  return (
    <ul class="told">
      {marked.map(({ path, message, severity }) => (
        <li key={`${path.join("/")} ${message}`} class={severity}>
          {path.length > 0 && <code>{makeVisible(path.join("."))}</code>} {makeVisible(message)}
        </li>
      ))}
    </ul>
  );
}
