// Is it flowing? One sentence, a few numbers, charts of the last hour, and below them what somebody may have
// to do something about.

import { Page, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { useOverview } from "../../session/use-overview.ts";
import { AnswerTimes, FLOW, MeasureBy, Measures, SpanChoice } from "../series.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { Lanes, RunsUnderWay, Troubled, Workers } from "./standing.tsx";
import { Tiles } from "./tiles.tsx";
import { judge } from "./verdict.ts";

export function Home() {
  const asked = useOverview();
  return (
    <Page title="Home" name="Home" actions={<SpanChoice />}>
      <Waiting asked={asked}>
        {(overview) => {
          const { tone, title, text } = judge(overview);
          return (
            <>
              <p class={`verdict ${tone}`} role="status">
                <i class={`dot ${tone}`} aria-hidden="true" />
                <strong>{title}.</strong> <span>{text}.</span>
              </p>
              {overview.enqueued === 0 && <FirstSteps />}
              <Tiles asked={asked} overview={overview} />
            </>
          );
        }}
      </Waiting>
      <div class="grid">
        <Charts />
        {asked.data !== null && (
          <>
            <Troubled overview={asked.data} />
            <RunsUnderWay overview={asked.data} />
            <Lanes overview={asked.data} />
            <Workers overview={asked.data} />
          </>
        )}
      </div>
    </Page>
  );
}

function Charts() {
  return (
    <>
      <Panel title="Deliveries" isWide>
        <Measures
          name="Deliveries enqueued, delivered and failed, per second"
          unit="per second"
          lines={FLOW}
        />
      </Panel>
      <Panel title="Answer times of destinations">
        <AnswerTimes />
      </Panel>
      <Panel title="Failures by reason" aside={<a href="#/dead-letters">Dead letters</a>}>
        <MeasureBy
          name="Failed deliveries by reason, per second"
          measure="failed"
          by="reason"
          none="No delivery failed in this time."
        />
      </Panel>
    </>
  );
}
