// Snippets: pieces of template that actions print; written, changed and removed here.

import { confirm } from "../../design/confirm.tsx";
import { Block } from "../../design/data.tsx";
import { Area, Field } from "../../design/form.tsx";
import { Empty, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { may, tellApi } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";
import type { PageProps } from "../page-props.ts";

interface Snippet {
  readonly name: string;
  readonly text: string;
}

export function Snippets(_: PageProps) {
  const asked = useAsk("listSnippets", {});
  return (
    <Panel
      title="Snippets"
      aside={
        may("manage") && (
          <button type="button" onClick={() => askSave(null, asked.again)}>
            New snippet …
          </button>
        )
      }
    >
      <Waiting asked={asked}>
        {({ snippets }) =>
          snippets.length === 0 ? (
            <Empty title="No snippet is there.">
              <p>
                A snippet is a piece of template that several actions print, such as a footer. Make one here,
                or with <code>postrider snippets set NAME FILE</code>
              </p>
            </Empty>
          ) : (
            <div class="dialog-body">
              {snippets.map((snippet) => (
                <OneSnippet key={snippet.name} snippet={snippet} done={asked.again} />
              ))}
            </div>
          )
        }
      </Waiting>
    </Panel>
  );
}

function OneSnippet({ snippet, done }: { readonly snippet: Snippet; readonly done: () => void }) {
  const { name, text } = snippet;
  return (
    <details>
      <summary>
        <code>{`{{ snippets.${name} }}`}</code>
      </summary>
      <div class="dialog-body">
        <Block text={text} label={`Snippet ${name}`} />
        {may("manage") && (
          <div class="form-foot">
            <button type="button" onClick={() => askSave(snippet, done)}>
              Change<span class="unseen"> {name}</span> …
            </button>
            <button type="button" class="harmful" onClick={() => askRemove(name, done)}>
              Remove<span class="unseen"> {name}</span>
            </button>
          </div>
        )}
      </div>
    </details>
  );
}

/** @param snippet null: a new one. */
function askSave(snippet: Snippet | null, done: () => void): void {
  confirm({
    title: snippet === null ? "A new snippet" : `Change the snippet ${snippet.name}`,
    isRoomy: true,
    body: (
      <>
        {snippet === null && (
          <Field
            label="Name"
            name="name"
            placeholder="footer"
            hint="Actions print it under this name."
            isRequired
          />
        )}
        <Area
          label="Template"
          name="text"
          rows={10}
          value={snippet?.text ?? ""}
          hint="Liquid, as in an action. An action takes it with its next version; saved ones keep what they have."
        />
      </>
    ),
    verb: "Save 1 snippet",
    async act({ name = snippet?.name ?? "", text = "" }) {
      await tellApi("saveSnippet", { params: { name }, body: { text } });
      done();
    },
  });
}

function askRemove(name: string, done: () => void): void {
  confirm({
    title: `Remove the snippet ${name}?`,
    body: (
      <p>1 snippet. Saved actions keep what they have of it; a new version that prints it cannot be saved.</p>
    ),
    verb: "Remove 1 snippet",
    isHarmful: true,
    async act() {
      await tellApi("removeSnippet", { params: { name } });
      done();
    },
  });
}
