// Encrypted values, each a message of its own, and the files and trees that hold them.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { keyFile, pkcs7, rsaHome, team } from './keys.mjs';
import { eyaml, must, once } from './world.mjs';

/** How many values are encrypted by one run of the tool. */
const BATCH = 1000;

/** What is encrypted in the value of this number. */
export const plaintextOf = (i) => `secret number ${i}`;

/** The lines of a file's keys, with what `textOf` gives as values. */
export function lines(count, textOf, first = 0) {
  return Array.from({ length: count }, (_, i) => `profile::key${first + i}: ${textOf(first + i)}\n`).join('');
}

/** What `decrypt -e` prints for such a file. */
export function markers(count, { first = 0, tag = 'GPG' } = {}) {
  return lines(count, (i) => `DEC::${tag}[${plaintextOf(i)}]!`, first);
}

/**
 * The first values of a kind, as `ENC[…]`. All are for one reader.
 *
 * @param kind - `cv25519` or `rsa3072` in GnuPG, `cv25519 file` or `rsa3072 file`, or `pkcs7`.
 */
export async function values(world, kind, count) {
  const pool = once(world, `values ${kind}`, () => []);
  const { env, options, tag = 'GPG' } = await writerOf(world, kind);
  const file = path.join(world.folder, 'markers.yaml');
  while (pool.length < count) {
    writeFileSync(file, markers(Math.min(BATCH, count - pool.length), { first: pool.length, tag }));
    const { argv } = eyaml(world, ['encrypt', '-e', file, ...options]);
    pool.push(...(await must(world, argv, { env })).match(/ENC\[[^\]]+\]/g));
  }
  return pool.slice(0, count);
}

async function writerOf(world, kind) {
  if (kind === 'pkcs7') return { env: world.env, tag: 'PKCS7', options: await pkcs7(world) };
  if (kind.endsWith(' file')) {
    const { env, options, recipients } = await keyFile(world, kind.slice(0, -' file'.length));
    return { env, options: [...options, '--gpg-recipients', recipients[0]] };
  }
  const { env, fingerprints } = await (kind === 'cv25519' ? team(world) : rsaHome(world));
  return { env, options: ['--gpg-recipients', fingerprints[0]] };
}

/** Writes a file of values and gives its path. */
export async function fileOf(world, kind, count) {
  const file = path.join(newFolder(world), 'values.eyaml');
  const all = await values(world, kind, count);
  writeFileSync(
    file,
    lines(count, (i) => all[i]),
  );
  return file;
}

/** Writes each value's message into a file of its own, for gpg, and gives the folder. */
export async function looseMessages(world, kind, count) {
  const folder = newFolder(world);
  const all = await values(world, kind, count);
  for (const [i, value] of all.entries()) {
    const name = `${String(i).padStart(6, '0')}.gpg`;
    writeFileSync(path.join(folder, name), Buffer.from(value.slice('ENC[GPG,'.length, -1), 'base64'));
  }
  return folder;
}

/**
 * Writes a tree of files and its recipients file, and gives its folder.
 *
 * @param shape - how many `files`, how many values in `each`, and how many folders deep (`depth`) they lie, in ten such places.
 */
export async function tree(world, { files, each = 10, depth = 1, recipients }) {
  const folder = newFolder(world);
  const all = await values(world, 'cv25519', files * each);
  for (let file = 0; file < files; file += 1) {
    const below = path.join(folder, `place${file % 10}`, ...Array.from({ length: depth - 1 }, (_, i) => `d${i}`));
    mkdirSync(below, { recursive: true });
    writeFileSync(
      path.join(below, `${file}.eyaml`),
      lines(each, (i) => all[i], file * each),
    );
  }
  writeRecipients(folder, recipients);
  return folder;
}

/** Writes a recipients file. */
export function writeRecipients(folder, recipients) {
  writeFileSync(path.join(folder, 'hiera-eyaml-gpg.recipients'), recipients.map((one) => `${one}\n`).join(''));
}

/** A new folder in the scratch folder. */
export function newFolder(world) {
  const number = once(world, 'folders', () => ({ last: 0 }));
  number.last += 1;
  const folder = path.join(world.folder, 'data', String(number.last));
  mkdirSync(folder, { recursive: true });
  return folder;
}
