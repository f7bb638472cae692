// JSON written by people: white space is free, but no member twice, and nothing after the value.
// The platform's reader keeps the last of two members and says nothing, so objects are read here.

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;

/** What a fault of the text is called; the message is for the person who wrote it. */
export class JsonFault extends Error {}

/**
 * Reads a value: objects as Maps, integers as BigInts, other numbers and words as { other: text }.
 * Throws a JsonFault.
 */
export function readJson(text, depthMax) {
    let at = 0;
    const fault = (what) => new JsonFault(`${what} at character ${at + 1}`);

    function skip() {
        SPACE.lastIndex = at;
        SPACE.test(text);
        at = SPACE.lastIndex;
    }

    function take(pattern) {
        pattern.lastIndex = at;
        const match = pattern.exec(text);
        if (match === null) return null;
        at = pattern.lastIndex;
        return match[0];
    }

    function is(character) {
        skip();
        if (text[at] !== character) return false;
        at++;
        return true;
    }

    function string() {
        skip();
        const literal = take(STRING);
        if (literal === null) throw fault('no string');
        const value = JSON.parse(literal);
        if (/\p{Surrogate}/u.test(value)) throw fault('no Unicode text');
        return value;
    }

    function list(close, item) {
        if (is(close)) return;
        do item(); while (is(','));
        if (!is(close)) throw fault(`no "${close}"`);
    }

    function value(depthLeft) {
        if (depthLeft < 0) throw fault('too deep');
        skip();
        if (text[at] === '"') return string();
        if (is('{')) {
            const members = new Map();
            list('}', () => {
                const name = string();
                if (members.has(name)) throw fault(`${name} stands twice`);
                if (!is(':')) throw fault('no ":"');
                members.set(name, value(depthLeft - 1));
            });
            return members;
        }
        if (is('[')) {
            const items = [];
            list(']', () => items.push(value(depthLeft - 1)));
            return items;
        }
        const scalar = take(NUMBER) ?? take(WORD);
        if (scalar === null) throw fault('no value');
        return /^(0|[1-9][0-9]*)$/.test(scalar) ? BigInt(scalar) : { other: scalar };
    }

    const read = value(depthMax);
    skip();
    if (at < text.length) throw fault('something follows');
    return read;
}
