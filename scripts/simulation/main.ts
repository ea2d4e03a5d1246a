// `npm run simulate`: an installation of a hundred shards that loses a zone. Writes docs/simulation.md and
// its picture; a minute or so on one core.

import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { toPicture } from "./picture.ts";
import { toReport } from "./report.ts";
import { WHOLE } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import { summarize } from "./summary.ts";

const simulated = simulate(WHOLE);
const summary = summarize(simulated);
const write = (name: string, text: string): Promise<void> =>
  writeFile(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), text);
await write("simulation.md", toReport(simulated, summary));
await write("images/simulation.svg", toPicture(simulated));
console.log("docs/simulation.md and docs/images/simulation.svg are written");
