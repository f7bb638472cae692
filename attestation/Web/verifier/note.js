// Signed notes and checkpoints (docs/PROTOCOL.md section 7, c2sp.org/signed-note).

import { equal, fromBase64, fromDecimal, fromHex, fromUtf8, utf8 } from './bytes.js';

export const NOTE_MAX = 65_536;

const TEXT_MAX = 4_096;
const LINES_MAX = 64;
const NAME_MAX = 1_024;
const EMPTY_ROOT =
    fromHex('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 32);
// Unicode white space, which is what a name may not have, apart from '+' and control characters.
const NOT_IN_NAMES = /[\p{White_Space}+\u0000-\u001f]/u;

export function isKeyName(name) {
    return name.length > 0 && name.length <= NAME_MAX && !NOT_IN_NAMES.test(name)
        && !/\p{Surrogate}/u.test(name);
}

/** Text and signature lines of a note, or null. Nothing in it is verified. */
export function readNote(bytes) {
    if (bytes.length > NOTE_MAX) return null;
    const whole = fromUtf8(bytes);
    if (whole === null || /[\u0000-\u0009\u000b-\u001f]/.test(whole)) return null;
    // The last empty line: a text may have empty lines of its own.
    const blank = whole.lastIndexOf('\n\n');
    if (blank < 0 || blank + 2 === whole.length || !whole.endsWith('\n')) return null;
    const lines = whole.slice(blank + 2, -1).split('\n');
    if (lines.length > LINES_MAX) return null;
    const signatures = lines.map(readLine);
    if (signatures.includes(null)) return null;
    const text = whole.slice(0, blank + 1);
    return { text, bytes: utf8(text), signatures };
}

function readLine(line) {
    const match = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line);
    if (match === null || !isKeyName(match[1])) return null;
    const bytes = fromBase64(match[2]);
    if (bytes === null || bytes.length < 5) return null;
    return { name: match[1], keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** Origin, size and root of a checkpoint's text, or null; an extension line refuses it. */
export function readCheckpoint(text) {
    const lines = text.split('\n');
    if (utf8(text).length > TEXT_MAX || lines.length !== 4 || lines[3] !== '') return null;
    const size = fromDecimal(lines[1]);
    const root = fromBase64(lines[2]);
    if (size === null || root?.length !== 32 || !isKeyName(lines[0])) return null;
    if (size === 0n && !equal(root, EMPTY_ROOT)) return null;
    return { origin: lines[0], size, root };
}
