// The newest entries, and the one that is looked up: by number, by digest, or by its payload.

import { fromHex, toHex } from '../../../attestation/Web/verifier/bytes.js';
import { sha256 } from '../../../attestation/Web/verifier/crypto.js';
import { byId, code, element, facts, hash } from '../../../attestation/Web/page/dom.js';
import { byteCount, number, plural, shortHex, time } from '../../../attestation/Web/page/format.js';
import { bytesOf, takeFiles } from '../../../attestation/Web/page/inputs.js';
import { getJson } from './api.js';
import { numberOf } from './live.js';

const SHOWN = 8;
const FILE_MAX = 2 ** 30;

let dropped = null;
let lookups = 0;

/** The newest records of a log of this size. */
export async function showNewest(size) {
    const from = size > BigInt(SHOWN) ? size - BigInt(SHOWN) : 0n;
    const { entries } = await getJson(`/v1/entries?from=${from}&limit=${SHOWN}`);
    byId('newest').replaceChildren(...entries.reverse().map(row));
}

function row(entry) {
    const type = entry.type || entry.content_type || 'entry';
    const what = entry.kind === 'entry' ? type : entry.kind;
    return element(
        'tr', {},
        element('td', {}, element('a', { href: `#${entry.number}` }, number(entry.number))),
        element('td', {}, time(Date.parse(entry.time))),
        element('td', { class: 'what' }, what),
        element(
            'td', { class: 'what' },
            entry.stream ? `${entry.stream}, ${entry.version}` : '—'),
        element('td', {}, entry.payload_digest
            ? code(shortHex(entry.payload_digest), { title: entry.payload_digest }) : '—'));
}

/** Listens for what is looked up; an entry's number becomes the page's fragment. */
export function listenForLookups() {
    byId('lookup').addEventListener('submit', async (event) => {
        event.preventDefault();
        const text = byId('query').value.trim();
        const digest = fromHex(text.toLowerCase(), 32);
        if (digest !== null) await findDigest(digest, 'this digest');
        else findNumber(text);
    });
    takeFiles(byId('drop'), byId('drop-file'), async (file) => {
        say(`Hashing ${file.name}…`);
        const content = globalThis.crypto?.subtle ? await bytesOf(file, FILE_MAX) : null;
        if (content === null) {
            say(`It cannot be hashed here: use sha256sum on ${file.name}, and enter the digest.`);
            return;
        }
        await findDigest(await sha256(content), file.name, content);
    });
}

function findNumber(text) {
    lookups++;
    const place = numberOf(text);
    if (place === null) {
        say('Neither a number of this log nor a digest of 64 hexadecimal digits.');
        return;
    }
    say('');
    location.hash = `${place}`;
}

/** The payload that was dropped for this digest, if one was. */
export function payloadFor(digest) {
    return dropped?.digest === digest ? dropped.content : null;
}

async function findDigest(digest, what, content = null) {
    const hex = toHex(digest);
    const lookup = ++lookups;
    dropped = content === null ? null : { digest: hex, content };
    try {
        const { entries } = await getJson(`/v1/entries?payload_digest=${hex}&limit=20`);
        if (lookup !== lookups) return; // Something else was asked for meanwhile.
        const list = entries.map(({ number: place, time: recorded }) => element('li', {}, element(
            'a', { href: `#${place}` }, `${number(place)}, ${time(Date.parse(recorded))}`)));
        say(entries.length === 0
            ? `No entry has ${what} as its payload.`
            : `${plural(entries.length, 'entry has', 'entries have')} ${what} as payload.`, list);
        if (entries.length > 0) location.hash = `${entries[0].number}`;
    } catch (fault) {
        say(fault.message);
    }
}

export function say(words, list = []) {
    byId('lookup-status').textContent = words;
    byId('found').replaceChildren(...(list.length > 1 ? list : []));
}

/** An entry's record as the gateway tells it. */
export async function recordOf(place) {
    const entry = await getJson(`/v1/entries/${place}`);
    const group = entry.group?.count > 1
        ? `${entry.group.index + 1} of ${entry.group.count}, from ${number(entry.group.first)}`
        : null;
    return {
        entry,
        view: facts([
            ['Kind', entry.kind],
            ['Recorded', time(Date.parse(entry.time))],
            ['Epoch', `${entry.epoch}`],
            ['Stream', entry.stream ? `${entry.stream}, version ${entry.version}` : null],
            ['Type', entry.type || null],
            ['Content type', entry.content_type || null],
            ...Object.entries(entry.metadata ?? {}),
            ['Group', group],
            ['Payload', entry.payload_digest ? byteCount(entry.payload_length) : null],
            ['Payload digest', entry.payload_digest ? hash(entry.payload_digest) : null],
            ['Tenant', entry.tenant ? hash(entry.tenant) : null],
            ['Leaf hash', hash(entry.leaf_hash)],
            ['Previous', hash(entry.previous)],
        ]),
    };
}
