// A campaign engine's side of it by HTTP, with Node's own fetch and no dependency: save an action, enqueue, stream a run,
// read what became of it, explain one delivery, and see what bad input is told.
//
//     npm start                                                # Redis, the API and a worker, in another terminal
//     npx tsx examples/receiver.ts                             # something that takes the requests, in a third
//     node examples/campaign.mjs http://127.0.0.1:9000/people      # where the requests go

const { POSTRIDER_URL = "http://127.0.0.1:8080", POSTRIDER_TOKEN } = process.env;
const [, , to = "http://127.0.0.1:9000/people"] = process.argv;
const ACTION = "example-node";
const run = `${ACTION}-${Date.now()}`;

/** One request; a refusal is thrown with the problem details that tell why. */
async function call(method, path, { body, headers = {}, type = "application/json" } = {}) {
  const response = await fetch(`${POSTRIDER_URL}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { "Content-Type": type }),
      ...(POSTRIDER_TOKEN && { Authorization: `Bearer ${POSTRIDER_TOKEN}` }),
      ...headers,
    },
    body: body === undefined || body instanceof ReadableStream ? body : JSON.stringify(body),
    duplex: "half",
  });
  if (response.ok) return response;
  const problem = await response.json();
  throw Object.assign(new Error(`${method} ${path}: ${problem.detail}`), { problem });
}

/** The lines of an answer, as they come. */
async function* lines(response) {
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop();
    yield* parts.map((line) => JSON.parse(line));
  }
}

// The same content again makes no new version.
const saved = await call("PUT", `/v1/actions/${ACTION}`, {
  body: { url: to, body: '{"id": "{{ customer.id }}", "email": "{{ customer.email }}"}' },
});
console.log(await saved.json());

// When no answer comes, send the same request with the same key again: nobody is enqueued twice.
const orders = ["ann", "bob", "cat"].map((id) => ({
  action: ACTION,
  customer: { id, email: `${id}@example.com` },
}));
const taken = await call("POST", "/v1/deliveries", {
  body: orders,
  headers: { "Idempotency-Key": `"${run}-signups"` },
});
const { ids, enqueued } = await taken.json();
console.log(`${enqueued} enqueued`);

/** Whatever yields customers: a database cursor, a file. Only as many are held as the API takes at once. */
async function* customers() {
  for (const id of ["dan", "eve", "fay"]) yield `${JSON.stringify({ id, email: `${id}@example.com` })}\n`;
}

// The answer is a stream as well. Only a last line with `done` means that all is well; after anything else, send the
// same run again: what is there already counts as a duplicate.
let progress = {};
const sending = await call("POST", `/v1/actions/${ACTION}/deliveries?run=${run}`, {
  type: "application/x-ndjson",
  body: ReadableStream.from(customers()).pipeThrough(new TextEncoderStream()),
});
for await (const line of lines(sending)) progress = line;
if (!progress.done) throw new Error(`not all was taken in: ${JSON.stringify(progress.error)}`);
console.log(`run ${run}: ${progress.enqueued} enqueued`);

// The group keeps the place: `after` says that all up to there are done with, so do what you do with a page before you
// ask for the next. Each outcome comes at least once.
const open = new Set(["dan", "eve", "fay"]);
for (let after = ""; open.size > 0; ) {
  const page = await (await call("GET", `/v1/outcomes?group=${ACTION}&wait=30${after}`)).json();
  for (const outcome of page.outcomes.filter((one) => one.run === run)) {
    open.delete(outcome.customer);
    console.log(`${outcome.customer}: ${outcome.outcome}, ${outcome.reason}`);
  }
  after = `&after=${encodeURIComponent(page.after)}`;
}
const { state, delivered, failed } = await (await call("GET", `/v1/runs/${run}`)).json();
console.log(`run ${run}: ${state}, ${delivered} delivered, ${failed} failed`);

// Where one delivery is, what its attempts met, and what comes next.
const shown = await (await call("GET", `/v1/deliveries/${ids[0]}`)).json();
console.log(`delivery ${shown.id}: ${shown.state}. ${shown.next.message}`);

// Problem details (RFC 9457): match on `code`; `pointer` says which part of the body it is about.
try {
  await call("POST", "/v1/deliveries", { body: { action: ACTION, customer: { email: "nobody" } } });
  throw new Error("a customer without an id was taken");
} catch (error) {
  if (error.problem?.code !== "delivery_invalid") throw error;
  console.log("refused:", error.problem.code, error.problem.problems);
}
