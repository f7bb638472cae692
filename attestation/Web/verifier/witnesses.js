// Witness policies and cosignatures (docs/PROTOCOL.md section 16, c2sp.org/tlog-policy).

import { concat, equal, fromBase64, u64, utf8 } from './bytes.js';
import { keyIdOf, sameKey } from './crypto.js';
import { isAcceptablePoint, verifyEd25519 } from './ed25519.js';
import { isKeyName } from './note.js';

const TEXT_MAX = 32_768;
const WITNESSES_MAX = 16;
const COSIGNATURE = 4;
// C0 without tab and line feed, DEL, and C1.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** Reads a policy: { policy } or { fault } for the person who wrote it. */
export async function readWitnessPolicy(text) {
    if (text.length > TEXT_MAX || !text.endsWith('\n') || CONTROL.test(text)) {
        return { fault: 'not lines of text' };
    }
    const policy = { witnesses: [], groups: [], nodes: new Map(), members: new Set() };
    for (const [index, line] of text.slice(0, -1).split('\n').entries()) {
        const words = line.split(/[ \t]+/).filter((word) => word !== '');
        if (words.length === 0 || words[0].startsWith('#')) continue;
        const read = { witness: readWitness, group: readGroup, quorum: readQuorum }[words[0]];
        const fault = read ? read(policy, words) : `no such line: ${words[0]}`;
        if (fault) return { fault: `line ${index + 1}: ${fault}` };
    }
    if (policy.quorumName === undefined) return { fault: 'no quorum line' };
    policy.quorum = policy.nodes.get(policy.quorumName) ?? null;
    if (policy.quorum && sharedMin(policy.quorum) === 0) {
        return { fault: 'two quorums need not share a witness' };
    }
    const wrong = await wrongKeyId(policy);
    if (wrong !== null) return { fault: `${wrong}: the key has another id` };
    policy.canonical = canonical(policy);
    return { policy };
}

function readWitness(policy, words) {
    if (words.length !== 3 && words.length !== 4) return 'a witness has a name, a key, an address';
    if (policy.witnesses.length === WITNESSES_MAX) return 'too many witnesses';
    const key = readVerifierKey(words[2]);
    if (key === null) return 'not the key of a witness';
    const twin = policy.witnesses.some(({ key: other }) => equal(other.publicKey, key.publicKey)
        || (other.name === key.name && equal(other.keyId, key.keyId)));
    if (twin) return 'a key that stands already';
    if (words.length === 4 && !/^https?:$/.test(protocolOf(words[3]))) return 'not an address';
    const witness = { name: words[1], key, vkey: words[2] };
    policy.witnesses.push(witness);
    return define(policy, words[1], { witness });
}

function protocolOf(address) {
    try {
        return new URL(address).protocol;
    } catch {
        return '';
    }
}

function readGroup(policy, words) {
    if (words.length < 4) return 'a group has a name, a threshold and members';
    if (policy.groups.length === WITNESSES_MAX) return 'too many groups';
    const names = words.slice(3);
    const threshold = { any: 1, all: names.length }[words[2]]
        ?? (/^[1-9][0-9]{0,2}$/.test(words[2]) ? Number(words[2]) : 0);
    if (threshold < 1 || threshold > names.length) return 'no such threshold';
    for (const name of names) {
        if (!policy.nodes.has(name)) return `no such name: ${name}`;
        if (policy.members.has(name)) return `twice a member: ${name}`;
        policy.members.add(name);
    }
    const members = names.map((name) => policy.nodes.get(name));
    policy.groups.push({ name: words[1], threshold, names });
    return define(policy, words[1], { threshold, members });
}

function readQuorum(policy, words) {
    if (words.length !== 2) return 'a quorum has one name';
    if (policy.quorumName !== undefined) return 'a second quorum';
    if (words[1] !== 'none' && !policy.nodes.has(words[1])) return `no such name: ${words[1]}`;
    policy.quorumName = words[1];
    return null;
}

function define(policy, name, node) {
    if (name === 'none' || policy.nodes.has(name)) return `a name that stands already: ${name}`;
    policy.nodes.set(name, node);
    return null;
}

// <name>+<8 digits of the key id>+<base64 of the type and the key>; only base64 may have a '+'.
function readVerifierKey(text) {
    const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
    const material = match && fromBase64(match[3]);
    if (!material || material.length !== 33 || material[0] !== COSIGNATURE) return null;
    if (!isKeyName(match[1]) || !isAcceptablePoint(material.subarray(1))) return null;
    const keyId = Uint8Array.from(match[2].match(/../g), (digits) => parseInt(digits, 16));
    return { name: match[1], keyId, publicKey: material.subarray(1) };
}

/** The first witness whose key has another id than stands before it, or null. */
async function wrongKeyId(policy) {
    for (const { name, key } of policy.witnesses) {
        const id = await keyIdOf(utf8(key.name), Uint8Array.of(10, COSIGNATURE), key.publicKey);
        if (!equal(id, key.keyId)) return name;
    }
    return null;
}

/** The fewest witnesses that two sets which are both enough have in common. */
function sharedMin(node) {
    if (node.witness) return 1;
    const inBoth = Math.max(0, 2 * node.threshold - node.members.length);
    const shared = node.members.map(sharedMin).sort((a, b) => a - b);
    return shared.slice(0, inBoth).reduce((sum, value) => sum + value, 0);
}

export function isEnough(node, cosigned) {
    if (node.witness) return cosigned.has(node.witness);
    return node.members.filter((member) => isEnough(member, cosigned)).length >= node.threshold;
}

function canonical(policy) {
    return [
        ...policy.witnesses.map(({ name, vkey }) => `witness ${name} ${vkey}`),
        ...policy.groups.map((g) => `group ${g.name} ${g.threshold} ${g.names.join(' ')}`),
        `quorum ${policy.quorumName}`,
    ].join('\n') + '\n';
}

/** The witness whose name and key id stand on a line, if the policy has one. */
export function witnessOf(policy, line) {
    return policy.witnesses.find(({ key }) => sameKey(line, key.name, key.keyId));
}

/** Seconds since 1970 of a cosignature that verifies, as a BigInt; null of any other. */
export async function cosignedAt(witness, note, line) {
    if (line.signature.length !== 72) return null;
    const seconds = u64(line.signature, 0);
    if (seconds < 1n || seconds >= 1n << 63n) return null;
    const message = concat(utf8(`cosignature/v1\ntime ${seconds}\n`), note.bytes);
    const holds = await verifyEd25519(
        witness.key.publicKey, message, line.signature.subarray(8));
    return holds ? seconds : null;
}

export function describeWitnesses(witnesses) {
    return witnesses.map(({ name }) => name).join(', ') || 'nobody';
}
