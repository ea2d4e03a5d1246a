// Below what is written: how it stands, and what can be done with it.

import type { Operations } from "@postrider/client/generated";
import { Badge, type Tone } from "../../design/badge.tsx";
import type { Marked } from "../../editor/code-editor.ts";
import { showMany } from "../../words/numbers.ts";
import type { Draft } from "./use-draft.ts";
import type { DraftAsked } from "./use-draft-ask.ts";

interface Props {
  readonly draft: Draft;
  readonly isNamed: boolean;
  readonly asked: DraftAsked<Operations["previewAction"]["reply"]>;
  readonly marked: readonly Marked[];
  readonly onSave: () => void;
}

export function DraftFoot({ draft, isNamed, asked, marked, onSave }: Props) {
  const { isChanged, textProblem, discard } = draft;
  const refused = asked.error?.code === "action_invalid";
  return (
    <div class="draft-foot">
      <Standing asked={asked} marked={marked} hasText={textProblem === null} />
      <div class="form-foot">
        {isChanged && (
          <button type="button" onClick={discard}>
            Discard
          </button>
        )}
        <button
          type="button"
          class="primary"
          disabled={!isNamed || textProblem !== null || refused}
          title={isNamed ? "" : "Give it an id first"}
          onClick={onSave}
        >
          Save …
        </button>
      </div>
    </div>
  );
}

interface StandingProps extends Pick<Props, "asked" | "marked"> {
  readonly hasText: boolean;
}

function Standing({ asked, marked, hasText }: StandingProps) {
  const [tone, state] = toStanding(asked, marked, hasText);
  return (
    <p role="status" class="standing">
      <Badge state={state} tone={tone} />
    </p>
  );
}

function toStanding(
  { data, error, isAsking }: Props["asked"],
  marked: readonly Marked[],
  hasText: boolean,
): readonly [Tone, string] {
  if (!hasText) return ["bad", "no JSON yet"];
  const errors = marked.filter(({ severity }) => severity === "error").length;
  const warnings = marked.length - errors;
  if (errors > 0) return ["bad", showMany(errors, "problem", "problems")];
  if (error !== null) return ["bad", "not looked at"];
  if (data === null) return ["quiet", "no sample customer"];
  if (isAsking) return ["quiet", "looking …"];
  if (warnings > 0) return ["warn", showMany(warnings, "hint", "hints")];
  return ["good", `sound for ${showMany(data.previews.length, "customer", "customers")}`];
}
