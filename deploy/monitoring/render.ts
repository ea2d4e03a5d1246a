// The files that Prometheus and Grafana read, made of the sources beside this one. `npm run docs` writes
// them, and a test holds the committed ones to it.

import { renderDashboards } from "./dashboards/all.ts";
import { renderRules } from "./rules/all.ts";

/** Texts by path from `deploy/` on. */
export function renderMonitoring(): Record<string, string> {
  const dashboards = Object.entries(renderDashboards());
  return {
    "prometheus/rules.yaml": `# Made by \`npm run docs\` of deploy/monitoring/rules; edit those instead.\n\n${renderRules()}`,
    ...Object.fromEntries(dashboards.map(([name, text]) => [`grafana/${name}`, text])),
  };
}
