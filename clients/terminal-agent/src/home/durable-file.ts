/** Files that are there after a power cut: whole or not at all, for this user only. */
import { chmodSync, closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Makes a folder that only this user may enter. */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  // One that was there already may be open to others.
  chmodSync(folder, FOLDER_MODE);
}

/** A new name in a folder is lost with the power until the folder itself is written. Windows cannot, and need not. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Replaces `path`. Dies before the rename: the old content stays, beside an unused `.partial` that the next call writes over.
 * Dies after: the new content is there.
 */
export function writeDurably(path: string, content: Uint8Array | string): void {
  const partial = `${path}.partial`;
  const handle = openSync(partial, 'w', FILE_MODE);
  try {
    fchmodSync(handle, FILE_MODE);
    writeFileSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(partial, path);
  syncFolder(dirname(path));
}

/** Replaces `path` whole, but without waiting for the disk: for what may be lost (a status, a hint). */
export function writeWhole(path: string, content: string): void {
  const partial = `${path}.partial`;
  writeFileSync(partial, content, { mode: FILE_MODE });
  renameSync(partial, path);
}

/** Adds to the end of `handle` and returns when the bytes are on the disk. Dies within: the last line may be torn. */
export function appendDurably(handle: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
  fsyncSync(handle);
}
