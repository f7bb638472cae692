#!/usr/bin/env python3
"""A shop keeps the events of an order in a stream, and hands its customer a receipt.

The standard library alone. It checks the half of a receipt that is hashing (docs/PROTOCOL.md
sections 4, 6 and 9): this payload, in this record, at this number, under this root. That the root
is signed by an attested enclave is checked by `sequencer verify`.
"""
import base64
import hashlib
import json
import os
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("SEQUENCER_URL", "http://127.0.0.1:5000").rstrip("/")
KEY = os.environ.get("SEQUENCER_KEY")


def call(method, path, body=None, **headers):
    """The answer's status, headers and bytes; a refusal is an answer too."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if KEY:
        headers["Authorization"] = f"Bearer {KEY}"
    request = urllib.request.Request(URL + path, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read()


def append(order, kind, payload, **headers):
    path = f"/v1/streams/{order}/entries?type={kind}"
    return call("POST", path, payload, Content_Type="text/plain", **headers)


def root_of(leaf, index, size, path):
    """The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2)."""
    last, node = size - 1, leaf
    for sibling in path:
        if index % 2 == 1 or index == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        index, last = index // 2, last // 2
    assert last == 0, "the proof has another length"
    return node


def check(receipt, payload):
    """The number at which the receipt shows this payload."""
    record = base64.b64decode(receipt["record"])
    assert record[96:128] == hashlib.sha256(payload).digest(), "another payload"
    number = int.from_bytes(record[8:16], "big")
    _, size, root = receipt["checkpoint"].split("\n")[:3]
    path = [base64.b64decode(node) for node in receipt["inclusion"]]
    leaf = hashlib.sha256(b"\x00" + record).digest()
    assert root_of(leaf, number, int(size), path) == base64.b64decode(root), "not under this root"
    return number


order = f"order-{uuid.uuid4()}"

status, headers, body = append(order, "placed", b"total 7", If_None_Match="*")
assert status == 201, body
number = check(json.loads(body)["receipt"], b"total 7")
print(f"placed: number {number}, version {headers['ETag']}, under the root of its receipt")

for attempt in (1, 2):  # the first answer gets lost, let us say
    status, headers, body = append(
        order, "paid", b"visa", If_Match='"1"', Idempotency_Key=f"{order}-paid")
    assert status == 201, body
    print(f"paid: version {headers['ETag']}, replayed: {headers['Idempotent-Replayed'] or 'false'}")

status, headers, body = append(order, "cancelled", b"too late", If_Match='"1"')
assert status == 412, body
problem = json.loads(body)
print(f"refused: {problem['title']}: expected {problem['expected']}, is {problem['actual']}")

status, headers, body = call("GET", f"/v1/streams/{order}/entries", Accept="application/x-ndjson")
for line in body.splitlines():
    entry = json.loads(line)
    print(f"read: version {entry['version']}, {entry['type']}: {entry['payload']}")
