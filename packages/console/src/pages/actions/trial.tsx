// What customers would get, and one of them really: preview and test send of an action as it is saved.

import { may } from "../../session/session.ts";
import { SidePreview } from "../composer/draft-side.tsx";
import { SamplePanel } from "../composer/sample-panel.tsx";
import { TestPanel } from "../composer/test-panel.tsx";
import { useDraftAsk } from "../composer/use-draft-ask.ts";
import { useSamples } from "../composer/use-samples.ts";
import { useWords } from "../composer/use-words.ts";
import { Landings } from "./previewed.tsx";

/** @param action `id@version`, or the id alone. */
export function Trial({ action }: { readonly action: string }) {
  const samples = useSamples();
  const { places } = useWords(samples, {});
  const { customers, event, values, problem } = samples;
  const isReady = customers.length > 0 && problem === null;
  const input = { params: { id: action }, body: { customers, event, values } };
  const asked = useDraftAsk("previewAction", isReady ? input : null);
  return (
    <div class="composer even">
      <div class="composer-side">
        <SamplePanel samples={samples} />
        {may("manage") && (
          <TestPanel id={action} samples={samples} address={asked.data?.previews[0]?.url ?? null} />
        )}
      </div>
      <div class="composer-side">
        <SidePreview asked={asked} withHints />
        {asked.error === null && <Landings outputs={asked.data?.outputs ?? []} places={places} />}
      </div>
    </div>
  );
}
