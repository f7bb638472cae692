// A forward reader of DER (X.690), for certificates. Whatever DER does not allow is a DerFault.

import { fromUtf8 } from './bytes.js';

export const TAG = {
    BOOLEAN: 0x01, INTEGER: 0x02, BIT_STRING: 0x03, OCTET_STRING: 0x04, OID: 0x06, UTF8: 0x0c,
    PRINTABLE: 0x13, UTC_TIME: 0x17, GENERALIZED_TIME: 0x18, SEQUENCE: 0x30, SET: 0x31,
};

// The first two arcs of an identifier are one number.
const ARCS_MAX = 64;
const ARC_MAX = (1n << 128n) - 1n;

export class DerFault extends Error {}

export class DerReader {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }

    get hasMore() {
        return this.at < this.bytes.length;
    }

    /** The first octet of the next tag; undefined at the end. */
    peek() {
        return this.bytes[this.at];
    }

    /** Any element: { tag, content, whole }. */
    element() {
        const start = this.at;
        const tag = this.#tag();
        const length = this.#length();
        const contentAt = this.at;
        if (length > this.bytes.length - contentAt) throw new DerFault('an element is cut off');
        this.at += length;
        return {
            tag,
            content: this.bytes.subarray(contentAt, this.at),
            whole: this.bytes.subarray(start, this.at),
        };
    }

    /** The content of the next element, which has this tag. */
    content(tag) {
        if (this.peek() !== tag) throw new DerFault(`tag ${this.peek()} and not ${tag}`);
        return this.element().content;
    }

    inside(tag) {
        return new DerReader(this.content(tag));
    }

    /** Into a SET OF, whose elements stand in the order of their bytes. */
    insideSet() {
        const set = this.inside(TAG.SET);
        const elements = new DerReader(set.bytes);
        for (let last = null; elements.hasMore;) {
            const { whole } = elements.element();
            const at = last?.findIndex((byte, index) => byte !== whole[index]) ?? -1;
            if (at >= 0 && !(last[at] < whole[at])) throw new DerFault('a set out of order');
            last = whole;
        }
        return set;
    }

    end() {
        if (this.hasMore) throw new DerFault('something follows');
    }

    /** The content of an INTEGER in its fewest octets. */
    integer() {
        const content = this.content(TAG.INTEGER);
        const [first, second] = content;
        if (first === undefined) throw new DerFault('an integer is empty');
        if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) {
            throw new DerFault('an integer is too long');
        }
        return content;
    }

    /** A small INTEGER; DerFault for one beyond 32 bits. */
    smallInteger() {
        const content = this.integer();
        if (content.length > 4) throw new DerFault('an integer is too large');
        const value = content.reduce((sum, byte) => sum * 0x100 + byte, 0);
        return content[0] < 0x80 ? value : value - 2 ** (8 * content.length);
    }

    /** BOOLEAN DEFAULT FALSE: DER writes only true, as ff. */
    optionalTrue() {
        if (this.peek() !== TAG.BOOLEAN) return false;
        const content = this.content(TAG.BOOLEAN);
        if (content.length !== 1 || content[0] !== 0xff) throw new DerFault('no true in DER');
        return true;
    }

    /** The dotted text of an OBJECT IDENTIFIER. */
    objectIdentifier() {
        const content = this.content(TAG.OID);
        const parts = [];
        let value = 0n;
        let isFirst = true;
        for (const byte of content) {
            if (isFirst && byte === 0x80) throw new DerFault('an identifier is too long');
            value = (value << 7n) | BigInt(byte & 0x7f);
            isFirst = byte < 0x80;
            if (isFirst) {
                parts.push(value);
                value = 0n;
            }
        }
        if (parts.length === 0 || !isFirst) throw new DerFault('an identifier is cut off');
        if (parts.length >= ARCS_MAX || parts.some((part) => part > ARC_MAX)) {
            throw new DerFault('an identifier is beyond its bounds');
        }
        const root = parts[0] < 80n ? parts[0] / 40n : 2n;
        return [root, parts[0] - 40n * root, ...parts.slice(1)].join('.');
    }

    /** The octets of a BIT STRING and how many bits at its end are unused (they are zero). */
    bitString() {
        const content = this.content(TAG.BIT_STRING);
        const unused = content[0];
        const octets = content.subarray(1);
        if (unused === undefined || unused > 7 || (unused > 0 && octets.length === 0)) {
            throw new DerFault('a bit string without its octets');
        }
        if (unused > 0 && (octets[octets.length - 1] & ((1 << unused) - 1)) !== 0) {
            throw new DerFault('unused bits are set');
        }
        return { octets, unused };
    }

    /** A BIT STRING of whole octets. */
    wholeBytes() {
        const { octets, unused } = this.bitString();
        if (unused !== 0) throw new DerFault('bits are missing');
        return octets;
    }

    /** UTCTime (to 2049) or GeneralizedTime, of whole seconds in UTC, as Unix milliseconds. */
    time() {
        const isUtc = this.peek() === TAG.UTC_TIME;
        const text = fromUtf8(this.content(isUtc ? TAG.UTC_TIME : TAG.GENERALIZED_TIME)) ?? '';
        const match = (isUtc ? /^(\d\d)(\d{2})(\d\d)(\d\d)(\d\d)(\d\d)Z$/
            : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(text);
        if (match === null) throw new DerFault('a time in another form');
        const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
        const full = isUtc ? year + (year < 50 ? 2000 : 1900) : year;
        const date = new Date(0);
        date.setUTCFullYear(full, month - 1, day);
        date.setUTCHours(hour, minute, second);
        const isReal = full > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
            && hour < 24 && minute < 60 && second < 60;
        if (!isReal) throw new DerFault('a time that does not exist');
        return date.getTime();
    }

    // Certificates here have tags of one octet; longer ones can only stand in names, unread.
    #tag() {
        const tag = this.bytes[this.at++];
        if (tag === undefined) throw new DerFault('an element is missing');
        if ((tag & 0x1f) !== 0x1f) return tag;
        let number = 0;
        for (let first = true; ; first = false) {
            const byte = this.bytes[this.at++];
            if (byte === undefined || (first && byte === 0x80)) throw new DerFault('a bad tag');
            number = number * 0x80 + (byte & 0x7f);
            if (number > 0x7fffffff) throw new DerFault('a bad tag');
            if (byte < 0x80) break;
        }
        if (number < 0x1f) throw new DerFault('a tag is too long');
        return tag;
    }

    #length() {
        const first = this.bytes[this.at++];
        if (first === undefined) throw new DerFault('a length is missing');
        if (first < 0x80) return first;
        const count = first & 0x7f;
        if (count === 0 || count > 4) throw new DerFault('no length of DER');
        const octets = this.bytes.subarray(this.at, this.at + count);
        this.at += count;
        const length = octets.reduce((value, byte) => value * 0x100 + byte, 0);
        if (octets.length < count || octets[0] === 0 || length < 0x80) {
            throw new DerFault('a length in another form');
        }
        return length;
    }
}
