#!/bin/sh
# From a hold to a claimed unit and the files that show both, with curl and jq:
#
#   ORDERHUB_API_KEY=demo-key ./after-sale.sh http://127.0.0.1:8080 EMAIL_BASIC
#
# What it sells comes from stock, and so is delivered with the order. Each call may be made again when its answer is
# lost: a reference, or a number, says what it is about.
set -eu
hub=$1/hub/v1 sku=$2 reference=shell-$(date +%s)-$$

# The key goes in by a pipe: everybody on this machine sees what stands behind a command.
ask() {
  printf 'X-API-Key: %s\nContent-Type: application/json\n' "$ORDERHUB_API_KEY" |
    curl -sS --fail-with-body --retry 5 --max-time 30 -H @- "$@"
}
of() { printf '%s' "$1" | jq -er "$2"; }

hold=$(ask "$hub/holds" -d '{"order": {"referenceId": "'"$reference"'", "lines": [{"sku": "'"$sku"'", "quantity": 2}]},
  "holdFor": "300s"}')
number=$(of "$hold" .holdNumber)
echo "held $number for $(of "$hold" '.totalAmount + " " + .currency')"

order=$(ask "$hub/holds/$number:confirm" -d '{}')
echo "ordered, with $(of "$order" '.lines[0].goods | length') units"

claim=$(ask "$hub/orders/$number/claims" -d '{"units": ["'"$(of "$order" '.lines[0].goods[0].unit')"'"],
  "reason": "CLAIM_REASON_NOT_WORKING", "text": "Nobody can sign in.", "reference": "'"$reference"'"}')
echo "claim $(of "$claim" .id): $(of "$claim" '.units[0].status')"

# A row is exported when it is a minute old.
for kind in orders claims; do
  for _ in $(seq 100); do
    rows=$(ask "$hub/exports/$kind?format=csv&createTimeFrom=$(of "$order" .createTime)")
    case $rows in *"$number"*) break ;; esac
    sleep 1
  done
  printf '%s\n' "$rows" | grep "$number"
done
