#!/bin/sh
# A campaign engine's side of it with nothing but curl: save an action, enqueue, send a file as a run, read what
# became of it, explain one delivery, and see what bad input is told. Where you have jq, use it instead of sed.
#
#     npm start                                                # Redis, the API and a worker, in another terminal
#     npx tsx examples/receiver.ts                             # something that takes the requests, in a third
#     sh examples/campaign.sh http://127.0.0.1:9000/people         # where the requests go
set -eu

api=${POSTRIDER_URL:-http://127.0.0.1:8080}
to=${1:-http://127.0.0.1:9000/people}
run=example-curl-$(date +%s)-$$

# --fail-with-body: an answer of 400 and more ends this script, and is shown.
call() {
  curl --silent --show-error --fail-with-body ${POSTRIDER_TOKEN:+-H "Authorization: Bearer $POSTRIDER_TOKEN"} "$@"
}
json='Content-Type: application/json'
# The first text of this name in a JSON document.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -1; }

# The same content again makes no new version.
call -X PUT "$api/v1/actions/example-curl" -H "$json" -d @- <<JSON
{"url": "$to", "body": "{\"id\": \"{{ customer.id }}\", \"email\": \"{{ customer.email }}\"}"}
JSON
echo

# When no answer comes, send the same request with the same key again: nobody is enqueued twice.
answer=$(call -X POST "$api/v1/deliveries" -H "$json" -H "Idempotency-Key: \"$run-signups\"" -d '[
  {"action": "example-curl", "customer": {"id": "ann", "email": "ann@example.com"}},
  {"action": "example-curl", "customer": {"id": "bob", "email": "bob@example.com"}},
  {"action": "example-curl", "customer": {"id": "cat", "email": "cat@example.com"}}
]')
echo "$answer"
delivery=$(echo "$answer" | sed 's/.*"ids":\["\([^"]*\)".*/\1/')

# One customer per line, however many. Only a last line with "done" means that all is well; after anything else, send
# the same run again: what is there already counts as a duplicate.
last=$(printf '{"id": "%s", "email": "%s@example.com"}\n' dan dan eve eve fay fay |
  call --no-buffer -X POST "$api/v1/actions/example-curl/deliveries?run=$run" \
    -H 'Content-Type: application/x-ndjson' --data-binary @- | tail -1)
echo "$last"
case "$last" in *'"done":true'*) ;; *) exit 1 ;; esac

# The group keeps the place: `after` says that all up to there are done with, so do what you do with a page before you
# ask for the next. Each outcome comes at least once.
after=''
until call "$api/v1/runs/$run" | grep -q '"state":"completed"' && [ "${page:-}" = '[]' ]; do
  answer=$(call "$api/v1/outcomes?group=example-curl&wait=1${after:+&after=$after}")
  after=$(echo "$answer" | field after)
  page=$(echo "$answer" | sed 's/.*"outcomes":\(\[.*\]\),"after".*/\1/')
  echo "$page" | tr '{' '\n' |
    sed -n "s/.*\"run\":\"$run\",\"customer\":\"\([^\"]*\)\",\"outcome\":\"\([a-z]*\)\".*/\1: \2/p"
done

# Where one delivery is, what its attempts met, and what comes next.
call "$api/v1/deliveries/$delivery"
echo

# Problem details (RFC 9457): match on `code`; `pointer` says which part of the body it is about.
problem=$(call -X POST "$api/v1/deliveries" -H "$json" \
  -d '{"action": "example-curl", "customer": {"email": "nobody"}}' || true)
echo "$problem"
[ "$(echo "$problem" | field code)" = delivery_invalid ]
