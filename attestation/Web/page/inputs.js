// Files and text that a person gives. Nothing of them leaves the page.

import { utf8 } from '../verifier/bytes.js';

/**
 * Takes files from a file field and from what is dropped on an area.
 * @param {HTMLElement} area where files may be dropped; marked while one is above it
 * @param {HTMLInputElement} field the file field, for keyboards and pointers
 * @param {(file: File) => void} take
 */
export function takeFiles(area, field, take) {
    field.addEventListener('change', () => {
        if (field.files.length > 0) take(field.files[0]);
        field.value = ''; // The same file again is a change again.
    });
    area.addEventListener('dragover', (event) => {
        event.preventDefault();
        area.classList.add('over');
    });
    area.addEventListener('dragleave', () => area.classList.remove('over'));
    area.addEventListener('drop', (event) => {
        event.preventDefault();
        area.classList.remove('over');
        if (event.dataTransfer.files.length > 0) take(event.dataTransfer.files[0]);
    });
}

/** A file dropped beside the areas would replace the page. */
export function refuseStrayDrops() {
    for (const name of ['dragover', 'drop']) {
        document.addEventListener(name, (event) => event.preventDefault());
    }
}

/** The bytes of a file up to a bound, or null. */
export async function bytesOf(file, max) {
    return file.size <= max ? new Uint8Array(await file.arrayBuffer()) : null;
}

/**
 * The bytes of pasted text. A text field gives no line feed at the end when it was lost on the
 * way; a receipt has exactly one.
 */
export function bytesOfText(text) {
    return utf8(`${text.trimEnd()}\n`);
}
