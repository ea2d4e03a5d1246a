// What several worker processes tell as one, on the one port: their series added up, their health as that of
// the worst of them.

import { createRegistry } from "@postrider/shared/process-metrics";
import { defineShown } from "@postrider/shared/tally";
import type { Signs } from "@postrider/worker/probes";
import type { AddedSeries, ToldMetric, ToldSeries } from "@postrider/worker/record/added-series";
import type { Crew } from "./crew.ts";

/** @param added holds what those that are gone have counted. */
export function createCrewSigns(crew: Crew, added: AddedSeries): Signs {
  const own = defineCrewSeries(crew);
  return {
    async ailment() {
      // One that has ended, as they do one after the other while all are stopping, is not silent.
      const states = (await askAll(crew, "state")).filter(({ process }) => process?.hasEnded() !== true);
      const ready = states.filter(({ isReady }) => isReady);
      if (states.length > 0 && ready.length === 0) return { status: "starting" };
      for (const { place, answer } of ready) {
        if (answer === null) return { status: "silent", process: place.number };
        if (answer.ailment !== null) return { ...answer.ailment, process: place.number };
      }
      return null;
    },
    async isReady() {
      return (await askAll(crew, "state")).every(({ answer }) => answer?.isReady === true);
    },
    async page() {
      const [told, metrics] = await Promise.all([askAll(crew, "series"), own.getMetricsAsJSON()]);
      // What one that ended meanwhile has counted is kept already.
      const present = told.filter(({ place, process }) => place.current() === process);
      const current = present.map(({ answer }) => answer).filter((answer) => answer !== null);
      const silent = present
        .filter(({ answer }) => answer === null)
        .map(({ process }) => process?.latest() ?? null);
      const ofThisOne: ToldSeries = {
        isOpenMetrics: false,
        metrics: metrics as unknown as readonly ToldMetric[],
      };
      const registry = added.toRegistry(
        [...current, ofThisOne],
        silent.filter((latest) => latest !== null),
      );
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** Asks all that are there at once. */
async function askAll<W extends "series" | "state">({ places }: Crew, what: W) {
  return await Promise.all(
    places.map(async (place) => {
      const process = place.current();
      const isReady = process?.isReady() === true;
      const answer = isReady ? await process.ask(what) : null;
      return { place, process, isReady, answer };
    }),
  );
}

/** The series of the processes themselves. This one's memory and CPU time belong to what all of them take. */
export function defineCrewSeries({ places, ends }: Pick<Crew, "places" | "ends">) {
  const registry = createRegistry(null);
  const one = (value: number) => [{ labels: {}, value }];
  defineShown(
    "gauge",
    {
      registry,
      name: "processes",
      help: "Worker processes behind this port that claim (`POSTRIDER_PROCESSES`).",
    },
    () => one(places.filter((place) => place.current()?.isReady() === true).length),
  );
  defineShown(
    "counter",
    {
      registry,
      name: "process_ends_total",
      help: "Worker processes behind this port that ended although nobody had told them to; each was replaced. Should stay 0.",
    },
    () => one(ends()),
  );
  return registry;
}
