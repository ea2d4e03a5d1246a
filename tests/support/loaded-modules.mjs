// Preloaded into a process: tells at its end how many modules of OpenTelemetry's SDK and exporter it has loaded. They are
// CommonJS, so that all stand in this cache, whoever imported them. The bare interface, which prom-client loads, is not counted.

import { createRequire } from "node:module";

const { cache } = createRequire(import.meta.url);
process.on("exit", () => {
  const loaded = Object.keys(cache).filter((name) => /@opentelemetry[/\\](?!api[/\\])/.test(name));
  process.stderr.write(`OpenTelemetry modules: ${loaded.length}\n`);
});
