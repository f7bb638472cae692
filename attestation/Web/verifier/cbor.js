// A forward reader of CBOR (RFC 8949) as strict as docs/VERIFYING.md rules 9 to 15 ask: shortest
// forms only, every length and count bounded before use. A fault is a Refusal by its rule.

import { fromUtf8, u16, u32, u64 } from './bytes.js';
import { Refusal } from './refusal.js';

export const KIND = { UINT: 0, BYTES: 2, TEXT: 3, ARRAY: 4, MAP: 5, TAG: 6, SIMPLE: 7 };

const NULL = 22;
const BREAK = 0xff;

export class CborReader {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }

    /** The major type of the next item; null at the end. */
    peekKind() {
        return this.at < this.bytes.length ? this.bytes[this.at] >> 5 : null;
    }

    /** An unsigned integer or the number of a tag, as a BigInt. */
    take(kind, what, wrongType) {
        const head = this.#head(what);
        if (head.kind !== kind) throw new Refusal(wrongType, what, 'another type');
        this.at += head.size;
        return head.value;
    }

    /** Passes over null; says whether it was there. */
    takeNull() {
        if (this.bytes[this.at] !== (KIND.SIMPLE << 5 | NULL)) return false;
        this.at++;
        return true;
    }

    byteString(max, what, wrongType, tooLong) {
        return this.#string(KIND.BYTES, max, what, wrongType, tooLong);
    }

    /** A text string and its bytes. */
    textString(max, what, wrongType, tooLong) {
        const bytes = this.#string(KIND.TEXT, max, what, wrongType, tooLong);
        const text = fromUtf8(bytes);
        if (text === null) throw new Refusal('CborUtf8', what, 'no UTF-8');
        return text;
    }

    /** Enters an array or map; iterates once an element, or once a pair before its key. */
    * elements(kind, max, isIndefiniteAllowed, what, wrongType, tooLong) {
        const count = this.start(kind, max, isIndefiniteAllowed, what, wrongType, tooLong);
        if (count !== null) {
            for (let index = 0; index < count; index++) yield index;
            return;
        }
        for (let index = 0; ; index++) {
            if (this.at === this.bytes.length) throw new Refusal('CborTruncated', what, 'an end');
            if (this.bytes[this.at] === BREAK) {
                this.at++;
                return;
            }
            if (index === max) throw new Refusal(tooLong, what, `more than ${max}`);
            yield index;
        }
    }

    /** The count of a collection that is entered; null where a break will end it. */
    start(kind, max, isIndefiniteAllowed, what, wrongType, tooLong) {
        const head = this.#head(what);
        if (head.kind !== kind) throw new Refusal(wrongType, what, 'another type');
        if (head.isIndefinite && !isIndefiniteAllowed) {
            throw new Refusal('CborIndefinite', what, 'an indefinite length');
        }
        if (!head.isIndefinite && head.value > BigInt(max)) {
            throw new Refusal(tooLong, what, `${head.value}`);
        }
        this.at += head.size;
        return head.isIndefinite ? null : Number(head.value);
    }

    /** Passes over one well-formed item of any type. */
    skip(depthLeft, what, wrongType) {
        const head = this.#head(what);
        const rest = this.bytes.length - this.at;
        switch (head.kind) {
            case KIND.BYTES:
                this.byteString(rest, what, wrongType, 'CborTruncated');
                break;
            case KIND.TEXT:
                this.textString(rest, what, wrongType, 'CborTruncated');
                break;
            case KIND.TAG:
            case KIND.ARRAY:
            case KIND.MAP:
                if (depthLeft === 0) throw new Refusal('CborDepth', what, 'deeper nesting');
                this.#skipInto(head, depthLeft - 1, what, wrongType);
                break;
            default:
                this.at += head.size;
        }
    }

    end(what) {
        if (this.at < this.bytes.length) throw new Refusal('CborTrailingBytes', what, 'more bytes');
    }

    #skipInto(head, depthLeft, what, wrongType) {
        if (head.kind === KIND.TAG) {
            this.at += head.size;
            this.skip(depthLeft, what, wrongType);
            return;
        }
        const rest = this.bytes.length - this.at; // An element has a byte at least.
        const each = head.kind === KIND.MAP ? 2 : 1;
        for (const _ of this.elements(head.kind, rest, true, what, wrongType, 'CborTruncated')) {
            for (let item = 0; item < each; item++) this.skip(depthLeft, what, wrongType);
        }
    }

    #string(kind, max, what, wrongType, tooLong) {
        const head = this.#head(what);
        if (head.kind !== kind) throw new Refusal(wrongType, what, 'another type');
        if (head.isIndefinite) throw new Refusal('CborIndefinite', what, 'an indefinite length');
        if (head.value > BigInt(max)) throw new Refusal(tooLong, what, `${head.value} bytes`);
        const start = this.at + head.size;
        const end = start + Number(head.value);
        if (end > this.bytes.length) throw new Refusal('CborTruncated', what, 'an end');
        this.at = end;
        return this.bytes.subarray(start, end);
    }

    /** The head of the next item, without passing over it. */
    #head(what) {
        const { bytes, at } = this;
        if (at === bytes.length) throw new Refusal('CborTruncated', what, 'an end');
        const kind = bytes[at] >> 5;
        const info = bytes[at] & 0x1f;
        const reserved = () => new Refusal('CborReservedForm', what, `byte ${bytes[at]}`);
        if (kind === KIND.SIMPLE) {
            // False, true and null; no float, undefined, other simple value or stray break.
            if (info < 20 || info > NULL) throw reserved();
            return { kind, value: BigInt(info), size: 1 };
        }
        if (info < 24) return { kind, value: BigInt(info), size: 1 };
        if (info === 31 && kind >= KIND.BYTES && kind <= KIND.MAP) {
            return { kind, value: 0n, size: 1, isIndefinite: true };
        }
        if (info > 27) throw reserved();
        const length = 1 << (info - 24);
        if (at + 1 + length > bytes.length) throw new Refusal('CborTruncated', what, 'an end');
        const value = [
            () => BigInt(bytes[at + 1]),
            () => BigInt(u16(bytes, at + 1)),
            () => BigInt(u32(bytes, at + 1)),
            () => u64(bytes, at + 1),
        ][info - 24]();
        const least = length === 1 ? 24n : 1n << BigInt(4 * length);
        if (value < least) throw new Refusal('CborNotMinimal', what, 'a longer form');
        return { kind, value, size: 1 + length };
    }
}
