#!/usr/bin/env bash
# A run with curl: examples/curl.sh "a URL shortener" [http://127.0.0.1:4400]
set -euo pipefail
task=${1:-a URL shortener}
url=${2:-http://127.0.0.1:4400}

api() { curl -sS --fail-with-body -H 'Content-Type: application/json' "$@"; }
field() { [[ $2 =~ \"$1\":\"?([^\",}]*) ]] && echo "${BASH_REMATCH[1]}"; }

# Node writes the task as JSON here, whatever is in it, and reads the result; jq does that as well.
# The key makes it safe to send this once more when the answer was lost.
started=$(node -p 'JSON.stringify({ task: process.argv[1] })' "$task" |
  api --retry 3 -H "Idempotency-Key: curl-$$-$RANDOM" -d @- "$url/api/runs")
run=$(field runId "$started")
echo "started $run"

# -N shows each event as it comes, `detail=stages` leaves the tokens out. After a drop, the last `id:` sent as
# Last-Event-ID goes on right behind it.
api -N "$url/api/runs/$run/events?detail=stages" | while read -r line; do
  case $line in
    'data: {"type":"stage_start"'*)
      echo "# $(field stage "$line") $(field iteration "$line")"
      if [[ $line == *'"stage":"refinement","iteration":2,'* ]]; then
        command='{"type":"skip","target":"remaining","when":"now"}'
        ack=$(api -d "{\"commandId\":\"skip-$run\",\"command\":$command}" "$url/api/runs/$run/control")
        echo "  skip: $(field outcome "$ack")"
      fi
      ;;
    'data: {"type":"stage_complete"'*) echo "  $(field outcome "$line")" ;;
  esac
done

api "$url/api/runs/$run" |
  node -e 'const { status, output = "" } = JSON.parse(require("fs").readFileSync(0)); console.log(`${status}\n${output}`)'
