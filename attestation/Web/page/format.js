// How numbers, times and bytes are shown.

const GROUPS = new Intl.NumberFormat('en');

export function number(value) {
    return GROUPS.format(value);
}

/** UTC to the second, of Unix milliseconds; the number itself where there is no such time. */
export function time(unixMs) {
    const date = new Date(Number(unixMs));
    if (Number.isNaN(date.getTime())) return `${unixMs} ms`;
    return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function shortHex(hex) {
    return `${hex.slice(0, 8)}…${hex.slice(-4)}`;
}

export function byteCount(length) {
    if (length < 1024) return length === 1 ? '1 byte' : `${length} bytes`;
    const [value, unit] = length < 1024 ** 2 ? [length / 1024, 'KiB'] : [length / 1024 ** 2, 'MiB'];
    return `${value.toFixed(1)} ${unit} (${number(length)} bytes)`;
}

export function plural(count, one, many) {
    return `${number(count)} ${Number(count) === 1 ? one : many}`;
}
