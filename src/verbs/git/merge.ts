import type { Methods } from '../../context/methods.js';
import type { EyamlError } from '../../errors.js';
import { readConflicts } from '../../eyaml/conflicts.js';
import { mergeTexts, type MergeTools } from '../../eyaml/merge.js';
import { ofSides } from '../../eyaml/put-back.js';
import type { ValueToken } from '../../eyaml/token.js';
import { createPrivateFolder } from '../../files/private-folder.js';
import { readOctets, readSnapshot, replaceFile } from '../../files/snapshot.js';
import { openGit, type Git } from '../../git/git.js';
import { mergeFile } from '../../git/merge-file.js';
import { isAboutOneValue } from '../about-one-value.js';
import { createOpener } from '../opener.js';
import { decodeUtf8 } from '../../text/utf8.js';

/** What git gives to a merge driver: see gitattributes(5). */
export interface MergeRequest {
  readonly base: string;
  /** The file that gets the result. */
  readonly ours: string;
  readonly theirs: string;
  /** The path of the file that is merged. */
  readonly path: string;
  readonly markerSize: number;
}

/** Where a merge runs. */
export interface MergeHost {
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** What a merge came to. */
export interface MergeOutcome {
  readonly conflicts: number;
  /** How many values both sides encrypted again, each for its own readers. */
  readonly recrypted: number;
  /** Why values could not be compared by their plaintexts. */
  readonly unopened: readonly EyamlError[];
}

/**
 * Merges three versions of a file, as git's merge driver. The result is written last and atomically; until then all three are as they
 * were. Nothing is encrypted, and nothing that was decrypted is written anywhere.
 *
 * @throws {@link EyamlError} if anything but a value cannot be read or written; nothing is merged then.
 */
export async function mergeVersions(
  request: MergeRequest,
  methods: Required<Methods>,
  host: MergeHost,
): Promise<MergeOutcome> {
  const target = await readSnapshot(request.ours);
  const octets = {
    ours: target.octets ?? (await readOctets(request.ours)),
    base: await readOctets(request.base),
    theirs: await readOctets(request.theirs),
  };
  // Text that is not UTF-8 is merged as well; its values and marks are ASCII.
  const encoding = Object.values(octets).every((text) => decodeUtf8(text) !== undefined) ? 'utf8' : 'latin1';
  const texts = await ofSides((side) => octets[side].toString(encoding));
  const git = await openGit(host.cwd, host.environment);
  const folder = await createPrivateFolder(host.environment);
  try {
    const { open, errors } = createOpen(request.path, methods);
    const merged = await mergeTexts(texts, {
      mergeLines: createMergeLines(git, folder.path, encoding),
      open,
      untagged: methods.untagged,
      markerSize: request.markerSize,
    });
    await replaceFile(target, Buffer.from(merged.text, encoding), { onConflict: 'fail' });
    const { conflicts, recrypted } = merged;
    return { conflicts, recrypted, unopened: errors() };
  } finally {
    folder.remove();
  }
}

function createMergeLines(git: Git, folder: string, encoding: 'utf8' | 'latin1'): MergeTools['mergeLines'] {
  return async (texts, style) => {
    // No line of the texts is taken for a marker of this merge.
    const runs = Object.values(texts).flatMap((text) =>
      Array.from(text.matchAll(/^[<|=>]{7,}/gm), ([run]) => run.length),
    );
    const size = runs.reduce((most, length) => Math.max(most, length), MARKER_SIZE) + 1;
    const octets = await ofSides((side) => Buffer.from(texts[side], encoding));
    const usual = await mergeFile(git, folder, octets, 'configured', size);
    // Git shows what stood there before only in larger conflicts, some of which it could merge otherwise.
    const isEnough = usual.isClean || style === 'configured';
    const shown = isEnough ? usual : await mergeFile(git, folder, octets, style, size);
    return readConflicts(shown.octets.toString(encoding), size);
  };
}

const MARKER_SIZE = 7;

function createOpen(target: string, { encryptors }: Methods) {
  const opener = createOpener(encryptors);
  const errors = new Map<string, EyamlError>();
  let isRefused = false;
  const openOne = async (value: ValueToken): Promise<readonly [ValueToken, Uint8Array | undefined]> => {
    if (isRefused) return [value, undefined];
    const opened = await opener(value, target);
    if ('plaintext' in opened) return [value, opened.plaintext];
    const { error } = opened;
    errors.set(error.message, error);
    isRefused ||= !isAboutOneValue(error);
    return [value, undefined];
  };
  const open: MergeTools['open'] = async ([first, ...others]) => {
    // Who does not answer the first question is not asked again.
    const one = first ? [await openOne(first)] : [];
    return new Map([...one, ...(await Promise.all(others.map(openOne)))]);
  };
  return { open, errors: () => [...errors.values()] };
}
