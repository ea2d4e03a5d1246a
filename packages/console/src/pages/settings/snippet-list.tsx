// Snippets: pieces of template that actions print.

import { Block } from "../../design/data.tsx";
import { Empty, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { useAsk } from "../../session/use-ask.ts";
import type { PageProps } from "../page-props.ts";

export function Snippets(_: PageProps) {
  const asked = useAsk("listSnippets", {});
  return (
    <Panel title="Snippets">
      <Waiting asked={asked}>
        {({ snippets }) =>
          snippets.length === 0 ? (
            <Empty title="No snippet is there.">
              <p>
                A snippet is a piece of template that several actions print:{" "}
                <code>postrider snippets set NAME FILE</code>
              </p>
            </Empty>
          ) : (
            <div class="dialog-body">
              {snippets.map(({ name, text }) => (
                <details key={name}>
                  <summary>
                    <code>{`{{ snippets.${name} }}`}</code>
                  </summary>
                  <Block text={text} label={`Snippet ${name}`} />
                </details>
              ))}
            </div>
          )
        }
      </Waiting>
    </Panel>
  );
}
