// The request bin: what arrived of actions that have it as their address, the latest first.

import { BIN_ORIGIN } from "@postrider/shared/request-bin-address";
import { Time } from "../../design/clock.tsx";
import { Data } from "../../design/data.tsx";
import { Empty, Page, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { useAsk } from "../../session/use-ask.ts";
import { showMany } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { ArrivedText } from "../composer/arrived.tsx";
import { actionHref } from "../links.ts";

const EVERY_MS = 2_000;

export function RequestBin() {
  const asked = useAsk("listBin", {}, { everyMs: EVERY_MS });
  return (
    <Page title="Request bin" name="Request bin" above={{ href: "#/actions", label: "Actions" }}>
      <p class="hint">
        Give an action the address <code>{BIN_ORIGIN}/anything</code>, and its deliveries arrive here, and
        nowhere else. What is shown of them is a sample: of each worker twenty requests a second at most, and
        of those the latest hundred of the last hour. The run and its deliveries count them all.
      </p>
      <Waiting asked={asked}>
        {({ requests }) => (
          <Panel title={showMany(requests.length, "request", "requests")}>
            {requests.length === 0 && (
              <Empty title="Nothing has arrived yet.">
                <p>
                  A test send into the bin shows what arrived at once, beside the action, and is not kept
                  here.
                </p>
              </Empty>
            )}
            {requests.map((one, index) => (
              <details key={`${one.at} ${index}`} open={index === 0}>
                <summary>
                  {one.method} <Data of={one.path} isName />{" "}
                  <span class="faint">
                    <Time at={one.at} />
                  </span>
                </summary>
                <div class="dialog-body">
                  <p>
                    Of <a href={actionHref(one.action)}>{makeVisible(one.action)}</a>
                  </p>
                  <ArrivedText arrived={one} />
                </div>
              </details>
            ))}
          </Panel>
        )}
      </Waiting>
    </Page>
  );
}
