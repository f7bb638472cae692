#!/usr/bin/env bash
# A shop keeps the events of an order in a stream, and hands its customer a receipt.
set -euo pipefail
cd "$(dirname "$0")/../.."
url=${SEQUENCER_URL:-http://127.0.0.1:5000}
url=${url%/}
policy=${SEQUENCER_POLICY:-.run/trust-policy.json}
sequencer=${SEQUENCER_COMMAND:-./sequencer}
order=order-$(date +%s)-$RANDOM
receipt=$(mktemp)
trap 'rm -f "$receipt"' EXIT

call() { # curl with the access key, where there is one
    curl --silent --show-error ${SEQUENCER_KEY:+-H "Authorization: Bearer $SEQUENCER_KEY"} "$@"
}

echo "The order is placed: the stream must not exist yet."
call --fail-with-body "$url/v1/streams/$order/entries?receipt=none&type=placed" \
    -H 'Content-Type: application/vnd.shop.order+json' -H 'If-None-Match: *' -d '{"total":7}'

echo "It is paid: version 2. The answer gets lost, so it is sent again with its key."
for attempt in 1 2; do
    call --fail-with-body "$url/v1/streams/$order/entries?receipt=none&type=paid" \
        -H 'Content-Type: text/plain' -H 'If-Match: "1"' -H "Idempotency-Key: $order-paid" \
        -d 'visa' -D - | grep -iE '^(HTTP|etag|idempotent-replayed)|^\{'
    echo "  (attempt $attempt)"
done

echo "Somebody who still believes in version 1 is refused, and told why."
call "$url/v1/streams/$order/entries?receipt=none&type=cancelled" \
    -H 'Content-Type: text/plain' -H 'If-Match: "1"' -d 'too late'

echo "The stream, by version:"
call --fail-with-body "$url/v1/streams/$order/entries" -H 'Accept: application/x-ndjson'

echo "A receipt for version 1, verified offline."
number=$(call --fail-with-body "$url/v1/streams/$order" | sed 's/.*"first":\([0-9]*\).*/\1/')
call --fail-with-body "$url/v1/entries/$number/receipt" >"$receipt"
$sequencer verify "$receipt" --policy "$policy"
