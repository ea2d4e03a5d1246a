// Series for charts, through the API.

import { checkChoices } from "@postrider/producer/metrics/chart-series";
import type { Service } from "../service.ts";
import { toMs } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteMetrics({ call }: Remote): Service["metrics"] {
  return {
    async series(order) {
      checkChoices(order);
      const { measures, by, names, limit, from, to, step } = order;
      const query = {
        measure: measures.join(","),
        ...{ by, limit, step },
        names: names?.join(","),
        from: from?.toISOString(),
        to: to?.toISOString(),
      };
      const found = await call("readSeries", { query });
      const series = found.series.map(({ measure, name, isRest, points }) => ({
        ...{ measure, name, isRest, points },
      }));
      return { from: toMs(found.from), to: toMs(found.to), step: found.step, series };
    },
  };
}
