// `postrider shards`: how many parts the deliveries are in, and what lies in each. For those who run the
// servers, so on Redis itself.

import type { ShardShown } from "@postrider/producer/shards/manage-shards";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { withProducer } from "../with-producer.ts";
import { parseCount } from "./arguments.ts";

interface Json {
  readonly json?: boolean;
}

interface Remove extends Json {
  readonly forgetIds?: boolean;
}

export function addShards(program: Command, context: Context): void {
  const { settings, output } = context;
  const show = (shards: readonly ShardShown[]): void =>
    output.table(
      ["SHARD", "SERVER", "STATE", "ANSWERS", "OPEN", "DEAD LETTERS"],
      shards.map(({ name, server, state, isUp, open, deadLetters }) => [
        name,
        server + 1,
        state,
        isUp ? "yes" : "no",
        open ?? "–",
        deadLetters ?? "–",
      ]),
    );
  const group = program
    .command("shards")
    .description("The parts that deliveries lie in, on one server or several");
  group
    .command("list")
    .description("List the shards, the server of POSTRIDER_REDIS_URL that each is on, and what lies in them")
    .option("--json", "for programs")
    .action(async ({ json }: Json) => {
      const shards = await withProducer(settings(), (producer) => producer.shards.list());
      if (json === true) return output.json({ shards });
      show(shards);
    });
  group
    .command("set")
    .description("Set how many shards new deliveries enter, while all goes on; of fewer, the last ones drain")
    .argument("<count>", "from 1 to 1000", parseCount)
    .option("--json", "for programs")
    .action(async (count: number, { json }: Json) => {
      const shards = await withProducer(settings(), (producer) => producer.shards.set(count));
      if (json === true) return output.json({ shards });
      show(shards);
      output.line("all processes go by it within five seconds");
    });
  group
    .command("remove <name>")
    .description("Let go of a shard that drains, once nothing is left in it")
    .option(
      "--forget-ids",
      "also while it remembers ids: what ended there and is enqueued again is sent again",
    )
    .option("--json", "for programs")
    .action(async (name: string, { json, forgetIds = false }: Remove) => {
      await withProducer(settings(), (producer) => producer.shards.remove(name, { forgetIds }));
      if (json === true) return output.json({ removed: name });
      output.line(`shard ${name} removed`);
    });
}
