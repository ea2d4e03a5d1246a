// The configuration of an installation: exported as one document, and applied from one, after everything in
// it was checked. Applying twice changes nothing the second time.

import { PostriderError } from "@postrider/shared/errors";
import type { Note } from "../audit/audit-trail.ts";
import type { Verbs } from "../audit/audited.ts";
import { type ConfigDocument, type Problems, parseConfig, refuseInvalid } from "./config-document.ts";
import { type ConfigChange, type ConfigStep, planConfig } from "./plan-config.ts";
import { digestConfig, readStoredConfig, toConfigDocument } from "./stored-config.ts";

export interface ConfigOptions {
  /** Actions, snippets and limits that a section does not name go; archived, removed, taken back. */
  readonly prune?: boolean;
  /** The digest that the configuration must still have. */
  readonly ifDigest?: string | undefined;
}

export interface Config {
  /** The configuration as it stands; no value of a secret is in it, credentials are masked. */
  export(): Promise<{ readonly config: ConfigDocument; readonly digest: string }>;
  /**
   * What a document would change. @param options `digest` of the result makes sure that it is applied to
   * what it was worked out for. @throws `config_invalid`, `precondition_failed`.
   */
  plan(
    document: unknown,
    options?: ConfigOptions,
  ): Promise<{ readonly changes: readonly ConfigChange[]; readonly digest: string }>;
  /**
   * Applies it: nothing where anything is invalid, else one change after the other.
   * @returns what it has changed. @throws `config_invalid`, `precondition_failed`, and what a change meets:
   * the message says at which it stopped; the same document again goes on.
   */
  apply(
    document: unknown,
    options?: ConfigOptions,
  ): Promise<{ readonly changes: readonly ConfigChange[]; readonly digest: string }>;
}

export function createConfig(verbs: Verbs, note: Note): Config {
  const work = async (
    document: unknown,
    { prune = false, ifDigest }: ConfigOptions,
  ): Promise<{ steps: ConfigStep[]; digest: string }> => {
    const problems: Problems = [];
    const config = parseConfig(document, problems);
    const stored = await readStoredConfig(verbs);
    const digest = digestConfig(stored);
    if (ifDigest !== undefined && ifDigest !== digest)
      throw new PostriderError(
        "precondition_failed",
        "the configuration has changed meanwhile; look at it again before you apply yours",
      );
    const steps = await planConfig(config, { verbs, stored, prune, problems });
    refuseInvalid(problems);
    return { steps, digest };
  };
  return {
    async export() {
      const stored = await readStoredConfig(verbs);
      return { config: toConfigDocument(stored), digest: digestConfig(stored) };
    },
    async plan(document, options = {}) {
      const { steps, digest } = await work(document, options);
      return { changes: steps.map(toChange), digest };
    },
    async apply(document, options = {}) {
      const { steps, digest } = await work(document, options);
      if (steps.length === 0) return { changes: [], digest };
      for (const [index, step] of steps.entries()) await carryOut(step, index, steps.length);
      await note("config.applied", "all", { to: describe(steps) });
      return { changes: steps.map(toChange), digest: digestConfig(await readStoredConfig(verbs)) };
    },
  };
}

function toChange({ apply: _, ...change }: ConfigStep): ConfigChange {
  return change;
}

/** @throws what the step meets, saying where. */
async function carryOut({ kind, name, apply }: ConfigStep, index: number, of: number): Promise<void> {
  try {
    await apply();
  } catch (error) {
    if (!(error instanceof PostriderError)) throw error;
    throw new PostriderError(
      error.code,
      `stopped at the ${kind} ${name}, after ${index} of ${of} changes; the same configuration again goes on: ${error.message}`,
      { cause: error, problems: error.problems },
    );
  }
}

function describe(steps: readonly ConfigStep[]): string {
  const counts = (["added", "changed", "removed"] as const).map(
    (change) => `${steps.filter((step) => step.change === change).length} ${change}`,
  );
  return `${counts.join(", ")}: ${steps.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`;
}
