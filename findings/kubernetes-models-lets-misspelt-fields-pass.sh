#!/usr/bin/env bash
# kubernetes-models 5.1.0: `validate()` holds an object against Kubernetes' own schemas and says nothing of fields
# that those do not know: a Deployment with a misspelt `replica` beside the containers' `liveness` probe is valid,
# and would run with one pod and no probe. Its TypeScript types refuse both. And it holds the data of a Secret to
# be one line of base64, where Go's decoder, which Kubernetes uses, reads over line breaks, and where YAML that
# kustomize has written for a long value has them. Good guess: "what validates is what Kubernetes would take, and
# the other way round".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund kubernetes-models@5.1.0 >/dev/null
cat > look.mjs <<'JS'
import { Deployment } from "kubernetes-models/apps/v1";
import { Secret } from "kubernetes-models/v1";

function judge(object) {
  try {
    object.validate();
    return "valid";
  } catch (error) {
    return `refused: ${error.message.split("\n").at(-1).trim()}`;
  }
}

const labels = { app: "web" };
const container = { name: "web", image: "web:1", liveness: { httpGet: { port: 80 } } };
const template = { metadata: { labels }, spec: { containers: [container] } };
console.log(
  judge(new Deployment({ metadata: { name: "web" }, spec: { replica: 3, selector: { matchLabels: labels }, template } })),
);
const secret = (text) => new Secret({ metadata: { name: "key" }, data: { key: text } });
console.log(judge(secret("c2VjcmV0")));
console.log(judge(secret("c2Vj\ncmV0")));
JS
saw=$(node look.mjs)
echo "$saw"
[ "$(sed -n 1,2p <<<"$saw")" = "valid
valid" ]
[[ "$(sed -n 3p <<<"$saw")" == refused:*format*byte* ]]
