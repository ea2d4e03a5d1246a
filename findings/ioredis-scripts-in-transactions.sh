#!/usr/bin/env bash
# ioredis 6.0.0 with a real redis-server (one on the PATH is needed): a script that was made a command with
# defineCommand is sent as EVAL once for each connection, and as EVALSHA from then on. Where the server does not
# know it any more (SCRIPT FLUSH; in a Cluster, where the first EVAL was refused since its slot was being moved),
# a call outside a transaction heals by itself, even unnoticed. The same command inside multi() answers NOSCRIPT
# in each transaction, for as long as the connection lives: what comes back in EXEC's reply does not reach the
# place where the client learns that the script is gone. One call outside a transaction heals it.
# Good guesses: "the client falls back to EVAL, so scripts need no thought"; "the next transaction sends it again".
set -euo pipefail
command -v redis-server >/dev/null || { echo "needs redis-server"; exit 3; }
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
redis-server --port 0 --unixsocket "$folder/redis.sock" --save "" --appendonly no >/dev/null &
server=$!
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0 >/dev/null
cat > look.cjs <<'JS'
const { Redis } = require("ioredis");

const redis = new Redis({ path: process.argv[2] });
redis.defineCommand("answer", { numberOfKeys: 1, lua: "return 42" });
const inTransaction = async () => {
  const [[error, reply]] = await redis.multi().answer("k").exec();
  return error ? error.message.split(" ")[0] : reply;
};
(async () => {
  const seen = [`first: ${await inTransaction()}`];
  await redis.script("FLUSH");
  for (const nth of ["second", "third"]) seen.push(`${nth}, after SCRIPT FLUSH: ${await inTransaction()}`);
  seen.push(`outside a transaction: ${await redis.answer("k")}`);
  seen.push(`inside again: ${await inTransaction()}`);
  console.log(seen.join("\n"));
  redis.disconnect();
})();
JS
node look.cjs "$folder/redis.sock" | tee seen
diff seen - <<'SEEN'
first: 42
second, after SCRIPT FLUSH: NOSCRIPT
third, after SCRIPT FLUSH: NOSCRIPT
outside a transaction: 42
inside again: 42
SEEN
