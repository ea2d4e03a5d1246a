// `postrider actions test`: one attempt through the very steps of a worker, and all that came of it.

import { describeProblems } from "@postrider/shared/errors";
import type { TestSend } from "@postrider/worker/test-send";
import type { Context } from "../context.ts";
import { isActionFile } from "../documents.ts";
import type { Output, Paint } from "../output.ts";
import { describeDuration, toVisible } from "../readable.ts";
import { testSend } from "../with-service.ts";
import { loadAction } from "./load.ts";
import { readGivenSnippets, readSample, type SampleOptions } from "./sample.ts";
import { showRequest } from "./show.ts";

export async function test(
  ref: string,
  options: SampleOptions & { readonly to?: string },
  context: Context,
): Promise<void> {
  const given = await readGivenSnippets(options);
  // A saved one is sent with the credentials that are written into it, which nobody is shown.
  const action = isActionFile(ref) ? (await loadAction(ref, context, { given })).action : ref;
  const sample = await readSample(options);
  const result = await testSend(context.settings())(action, sample, options.to);
  if (result.verdict !== "delivered") context.end(1);
  if (options.json === true) context.output.json(result);
  else show(result, context.output);
}

function show(result: TestSend, output: Output): void {
  const { request, reply, fault, problems, timings, verdict, reason, retryInMs } = result;
  const { paint } = output;
  if (request !== null) showRequest(request, output);
  if (reply !== null) showReply(reply, output);
  if (fault !== null) output.line(`\n${paint.red(`← ${fault.code}`)}: ${toVisible(fault.message)}`);
  if (problems.length > 0) output.fail(describeProblems(problems), { problems });
  output.line(`\n${describeTimings(timings, paint)}`);
  const colour = verdict === "delivered" ? paint.green : paint.red;
  const again = retryInMs === null ? "" : `, a worker would try again in ${describeDuration(retryInMs)}`;
  output.line(`${paint.bold(colour(verdict))}${reason === null ? "" : ` (${reason})`}${again}`);
}

function showReply(reply: NonNullable<TestSend["reply"]>, output: Output): void {
  const { paint } = output;
  output.line(`\n${paint.bold(`← ${reply.status}`)}`);
  for (const [name, value] of Object.entries(reply.headers))
    output.line(`${paint.dim(`${name}:`)} ${toVisible(value)}`);
  if (reply.body !== "") output.line(`\n${toVisible(reply.body)}`);
  if (reply.isCut)
    output.line(`\n${paint.yellow("cut short")}: ${toVisible(reply.trouble ?? "more came than is kept")}`);
  if (reply.judged !== undefined)
    output.line(`\n${paint.yellow(`judged as ${reply.judged.as}`)}: ${toVisible(reply.judged.message)}`);
}

/** Phases that were not reached, or that a connection kept from before did not need, have no time. */
function describeTimings(timings: TestSend["timings"], paint: Paint): string {
  const { composeMs, dnsMs, connectMs, tlsMs, firstByteMs, totalMs } = timings;
  const phases = [
    ["compose", composeMs],
    ["DNS", dnsMs],
    ["connect", connectMs],
    ["TLS", tlsMs],
    ["first byte", firstByteMs],
    ["total", totalMs],
  ] as const;
  return phases
    .map(([name, ms]) => `${paint.dim(name)} ${ms === null ? "–" : `${ms.toFixed(1)} ms`}`)
    .join("   ");
}
