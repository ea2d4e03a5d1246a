// Examples for the help of every command; a test reads each of them against the tree of commands.

const DELIVERY = "ruIe2MQM.WawbLD80sNRZRc3V22zDfQ";

/** By the command's names. A group's are of what is done with it most often. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  "": [
    "postrider up",
    "postrider actions apply welcome.yaml",
    "postrider enqueue welcome --customers people.ndjson --run spring --wait",
    "postrider dead-letters groups",
    "postrider top",
  ],
  up: ["postrider up", "POSTRIDER_REDIS_URL=redis://127.0.0.1:6379 postrider up"],
  worker: ["postrider worker", "postrider worker --lanes transactional", "postrider worker --processes auto"],
  api: ["POSTRIDER_API_PORT=8081 postrider api"],
  actions: [
    "postrider actions preview welcome.yaml --customer ann.json",
    "postrider actions apply welcome.yaml",
    "postrider actions show welcome@1",
  ],
  "actions apply": [
    "postrider actions apply welcome.yaml goodbye.yaml",
    "postrider actions apply actions/*.yaml --json",
  ],
  "actions list": ["postrider actions list"],
  "actions show": ["postrider actions show welcome", "postrider actions show welcome@2 --json"],
  "actions archive": ["postrider actions archive welcome"],
  "actions restore": ["postrider actions restore welcome"],
  "actions check": [
    "postrider actions check actions/*.yaml",
    "postrider actions check welcome.yaml --snippets snippets.json",
  ],
  "actions preview": [
    "postrider actions preview welcome.yaml --customer ann.json",
    "postrider actions preview welcome@3 --customer ann.json --event signup.json --json",
    "head -1 people.ndjson > first.json && postrider actions preview welcome --customer first.json",
    "postrider actions preview all.yaml#welcome --customer ann.json --at 2026-12-24T09:00:00Z",
  ],
  "actions test": [
    "postrider actions test welcome --customer ann.json",
    "postrider actions test welcome.yaml --customer ann.json --to http://127.0.0.1:9000/",
  ],
  snippets: ["postrider snippets set footer footer.liquid", "postrider snippets list"],
  "snippets set": [
    "postrider snippets set footer footer.liquid",
    "echo 'Yours, {{ customer.agent }}' | postrider snippets set footer -",
  ],
  "snippets list": ["postrider snippets list --json"],
  "snippets show": ["postrider snippets show footer"],
  "snippets remove": ["postrider snippets remove footer"],
  secrets: ["postrider secrets set crm_key --file crm_key.txt", "postrider secrets list"],
  "secrets set": [
    "postrider secrets set crm_key --file crm_key.txt",
    "pass show crm_key | postrider secrets set crm_key",
  ],
  "secrets list": ["postrider secrets list"],
  "secrets remove": ["postrider secrets remove crm_key"],
  "secrets rotate": ["postrider secrets rotate --json"],
  tokens: ["postrider tokens create crm --scope enqueue", "postrider tokens list"],
  "tokens create": [
    "postrider tokens create crm --scope enqueue --action welcome goodbye",
    "postrider tokens create dashboards --scope read --expires 2027-01-31T00:00:00Z",
  ],
  "tokens list": ["postrider tokens list"],
  "tokens revoke": ["postrider tokens revoke 7d3f0c"],
  enqueue: [
    "postrider enqueue welcome --customers people.ndjson --dry-run",
    "postrider enqueue welcome --customers people.ndjson --run spring --wait",
    "postrider enqueue welcome@2 --customers people.csv.gz --skip-invalid --label spring vip",
    "psql -At -c 'select to_json(c) from customers c' | postrider enqueue welcome --customers -",
    "postrider enqueue welcome --customers people.ndjson --run spring --hold",
  ],
  runs: ["postrider runs list", "postrider runs show spring", "postrider runs pause spring"],
  "runs list": ["postrider runs list --limit 5"],
  "runs show": ["postrider runs show spring", "postrider runs show spring --json"],
  "runs wait": [
    "postrider runs wait spring",
    "postrider runs wait spring --timeout 3600 && echo all delivered",
  ],
  "runs close": ["postrider runs close spring"],
  "runs pause": ["postrider runs pause spring"],
  "runs resume": ["postrider runs resume spring"],
  "runs cancel": ["postrider runs cancel spring"],
  "runs release": [`postrider runs release spring --delivery ${DELIVERY}`, "postrider runs release spring"],
  deliveries: [`postrider deliveries show ${DELIVERY}`],
  "deliveries show": [
    `postrider deliveries show ${DELIVERY}`,
    `postrider deliveries show ${DELIVERY} --json`,
  ],
  "deliveries cancel": [`postrider deliveries cancel ${DELIVERY}`],
  customers: ["postrider customers show ann@example.com"],
  outcomes: ["postrider outcomes tail", "postrider outcomes tail --group warehouse --json"],
  "outcomes groups": ["postrider outcomes groups"],
  "outcomes remove-group": ["postrider outcomes remove-group warehouse"],
  events: ["postrider events tail", "postrider events tail --group pager --json"],
  "events groups": ["postrider events groups"],
  "events remove-group": ["postrider events remove-group pager"],
  subscriptions: [
    "postrider subscriptions set pager --action page-on-call --event run.completed dead_letters.threshold",
    "postrider subscriptions list",
  ],
  "subscriptions list": ["postrider subscriptions list --json"],
  "subscriptions show": ["postrider subscriptions show pager"],
  "subscriptions remove": ["postrider subscriptions remove pager"],
  "subscriptions test": ["postrider subscriptions test pager --type run.completed"],
  destinations: [
    "postrider destinations list",
    "postrider destinations pause https://api.example.com",
    "postrider destinations limit https://api.example.com --rate 50",
  ],
  "destinations list": ["postrider destinations list"],
  "destinations show": ["postrider destinations show https://api.example.com"],
  "destinations limit": [
    "postrider destinations limit https://api.example.com --rate 50 --concurrency 10",
    "postrider destinations limit https://api.example.com --rate 200 --for 2h",
    "postrider destinations limit https://api.example.com --none",
  ],
  "destinations pause": ["postrider destinations pause https://api.example.com"],
  "destinations resume": ["postrider destinations resume https://api.example.com"],
  "dead-letters": [
    "postrider dead-letters groups",
    "postrider dead-letters list --reason reply_4xx",
    "postrider dead-letters replay --reason reply_5xx --rate 20",
  ],
  "dead-letters list": [
    "postrider dead-letters list --run spring --reason reply_4xx",
    "postrider dead-letters list --destination https://api.example.com --from 2026-12-01T00:00:00Z --json",
  ],
  "dead-letters groups": [
    "postrider dead-letters groups",
    "postrider dead-letters groups --by reason,action --run spring",
  ],
  "dead-letters show": [`postrider dead-letters show ${DELIVERY}`],
  "dead-letters replay": [
    `postrider dead-letters replay ${DELIVERY}`,
    "postrider dead-letters replay --run spring --reason reply_5xx --rate 20",
    "postrider dead-letters replay --all --present-version",
  ],
  "dead-letters purge": [
    "postrider dead-letters purge --action welcome --to 2026-11-01T00:00:00Z",
    "postrider dead-letters purge --all",
  ],
  tasks: ["postrider tasks list", "postrider tasks show t-5d1c"],
  "tasks list": ["postrider tasks list --limit 10"],
  "tasks show": ["postrider tasks show t-5d1c --json"],
  "tasks stop": ["postrider tasks stop t-5d1c"],
  config: ["postrider config export postrider.yaml", "postrider config apply postrider.yaml --dry-run"],
  "config export": ["postrider config export postrider.yaml"],
  "config apply": [
    "postrider config apply postrider.yaml --dry-run",
    "postrider config apply postrider.yaml --prune --yes",
  ],
  audit: ["postrider audit --on welcome --limit 10"],
  shards: ["postrider shards list", "postrider shards set 4"],
  "shards list": ["postrider shards list", "postrider shards list --json"],
  "shards set": ["postrider shards set 4"],
  "shards remove": ["postrider shards remove 3"],
  status: ["postrider status", "postrider status --json"],
  top: [
    "postrider top",
    "postrider top --interval 5",
    "postrider top --once",
    "postrider top --json | jq .lanes",
  ],
  plan: [
    "postrider plan --rate 5000 --latency 200 --backlog 1000000 --payload 1000",
    "postrider plan --rate 20000 --latency 80 --backlog 5000000 --payload 600 --failures 0.05 --per-day 200000000 --json",
  ],
  load: [
    "postrider load --rate 500 --for 60s",
    "postrider load --rate 5000 --for 5m --latency 50 --payload 1000 --json",
    "postrider load --rate 2000 --listen 0.0.0.0:9000 --receiver http://10.0.0.7:9000",
  ],
  completion: ["postrider completion bash", "postrider completion zsh"],
};

/** What stands below a command's help; null where the command says it itself. */
export function toExamplesText(command: string): string | null {
  const lines = EXAMPLES[command];
  return lines === undefined ? null : ["", "Examples:", ...lines.map((line) => `  ${line}`)].join("\n");
}
