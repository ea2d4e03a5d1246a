# A campaign engine's side of it by HTTP, with Python's standard library alone (3.8 or newer): save an action, enqueue,
# stream a run, read what became of it, explain one delivery, and see what bad input is told.
#
#     npm start                                                # Redis, the API and a worker, in another terminal
#     npx tsx examples/receiver.ts                             # something that takes the requests, in a third
#     python3 examples/campaign.py http://127.0.0.1:9000/people    # where the requests go

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

API = os.environ.get("POSTRIDER_URL", "http://127.0.0.1:8080")
TOKEN = os.environ.get("POSTRIDER_TOKEN")
TO = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:9000/people"
ACTION = "example-python"
RUN = f"{ACTION}-{time.time_ns()}"


class Refused(Exception):
    """What the API had against a request, as its problem details tell it."""

    def __init__(self, problem):
        super().__init__(problem["detail"])
        self.problem = problem


def call(method, path, body=None, headers=(), content_type="application/json"):
    """One request; the answer is a file. Bytes that are generated are sent as they come, in chunks."""
    request = urllib.request.Request(API + path, method=method, headers=dict(headers))
    if TOKEN:
        request.add_header("Authorization", f"Bearer {TOKEN}")
    if body is not None:
        request.add_header("Content-Type", content_type)
        request.data = body if hasattr(body, "__next__") else json.dumps(body).encode()
    try:
        return urllib.request.urlopen(request, timeout=120)
    except urllib.error.HTTPError as error:
        raise Refused(json.load(error)) from error


# The same content again makes no new version.
template = '{"id": "{{ customer.id }}", "email": "{{ customer.email }}"}'
print(json.load(call("PUT", f"/v1/actions/{ACTION}", {"url": TO, "body": template})))

# When no answer comes, send the same request with the same key again: nobody is enqueued twice.
orders = [{"action": ACTION, "customer": {"id": id, "email": f"{id}@example.com"}} for id in ("ann", "bob", "cat")]
taken = json.load(call("POST", "/v1/deliveries", orders, {"Idempotency-Key": f'"{RUN}-signups"'}))
print(f"{taken['enqueued']} enqueued")


def customers():
    """Whatever yields customers: a database cursor, a file. They are never held together."""
    for id in ("dan", "eve", "fay"):
        yield (json.dumps({"id": id, "email": f"{id}@example.com"}) + "\n").encode()


# The answer is a stream as well. Only a last line with "done" means that all is well; after anything else, send the
# same run again: what is there already counts as a duplicate.
progress = {}
for line in call("POST", f"/v1/actions/{ACTION}/deliveries?run={RUN}", customers(), content_type="application/x-ndjson"):
    progress = json.loads(line)
if not progress.get("done"):
    sys.exit(f"not all was taken in: {progress.get('error')}")
print(f"run {RUN}: {progress['enqueued']} enqueued")

# The group keeps the place: `after` says that all up to there are done with, so do what you do with a page before you
# ask for the next. Each outcome comes at least once.
still_open, after = {"dan", "eve", "fay"}, ""
while still_open:
    page = json.load(call("GET", f"/v1/outcomes?group={ACTION}&wait=30{after}"))
    for outcome in page["outcomes"]:
        if outcome["run"] == RUN:
            still_open.discard(outcome["customer"])
            print(f"{outcome['customer']}: {outcome['outcome']}, {outcome['reason']}")
    after = "&after=" + urllib.parse.quote(page["after"])
run = json.load(call("GET", f"/v1/runs/{RUN}"))
print(f"run {RUN}: {run['state']}, {run['delivered']} delivered, {run['failed']} failed")

# Where one delivery is, what its attempts met, and what comes next.
shown = json.load(call("GET", f"/v1/deliveries/{taken['ids'][0]}"))
print(f"delivery {shown['id']}: {shown['state']}. {shown['next']['message']}")

# Problem details (RFC 9457): match on `code`; `pointer` says which part of the body it is about.
try:
    call("POST", "/v1/deliveries", {"action": ACTION, "customer": {"email": "nobody"}})
    sys.exit("a customer without an id was taken")
except Refused as refused:
    if refused.problem["code"] != "delivery_invalid":
        raise
    print("refused:", refused.problem["code"], refused.problem["problems"])
