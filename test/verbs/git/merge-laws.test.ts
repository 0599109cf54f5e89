import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openContext } from '../../../src/context/open.js';
import { conflictsIn, readConflicts, resolved } from '../../../src/eyaml/conflicts.js';
import { createEyamlText } from '../../../src/eyaml/text.js';
import { mergeVersions } from '../../../src/verbs/git/merge.js';
import { cleanEnvironment } from '../../helpers/cli.js';
import { defined } from '../../helpers/defined.js';
import { scratchFolder, scratchRuntimeFolder } from '../../helpers/files.js';
import { hasPeer } from '../../helpers/peers.js';
import { CERTIFICATE_FILE, PRIVATE_KEY_FILE } from '../../helpers/pkcs7.js';
import { anyMerge, CIPHERTEXTS_OF_EACH, PLAINTEXTS, textOfFile } from '../../helpers/random-merge.js';

const SIDES = ['ours', 'base', 'theirs'] as const;

/** The lines of a text that another one does not have in the same order. */
function linesMissing(text: string, other: string): readonly string[] {
  let rest = other.split('\n');
  return text.split('\n').filter((line) => {
    const at = rest.indexOf(line);
    rest = rest.slice(at + 1);
    return at === -1;
  });
}

test.skipIf(!hasPeer('git'))(
  'the merge of encrypted files decrypts to what git makes of the decrypted ones, or keeps more of it',
  { timeout: 300_000 },
  async () => {
    const folder = scratchFolder();
    const environment = cleanEnvironment({
      HOME: folder,
      XDG_RUNTIME_DIR: scratchRuntimeFolder(),
      PATH: '/usr/bin:/bin',
    });
    execFileSync('git', ['init', '-q'], { cwd: folder, env: environment });
    const options = { 'pkcs7-private-key': PRIVATE_KEY_FILE, 'pkcs7-public-key': CERTIFICATE_FILE };
    const context = openContext({ environment, cwd: folder, homeFolder: folder, options });
    onTestFinished(() => context.close());
    const sealer = await defined(context.encryptors.get('PKCS7')).prepare(path.join(folder, 'x'));
    const values = new Map<string, string>();
    for (const plaintext of PLAINTEXTS) {
      for (let i = 0; i < CIPHERTEXTS_OF_EACH; i += 1) {
        const octets = await sealer.encrypt(Buffer.from(plaintext));
        values.set(`${plaintext} ${i}`, `ENC[PKCS7,${Buffer.from(octets).toString('base64')}]`);
      }
    }
    const plaintexts = new Map([...values].map(([name, value]) => [value, name.split(' ')[0] ?? '']));
    const decrypted = (text: string) =>
      createEyamlText(text)
        .tokens.map((token) =>
          token.kind === 'value' ? defined(plaintexts.get(`ENC[${token.tag},${token.payload}]`)) : token.text,
        )
        .join('');
    const isSound = async (text: string) => {
      const { faults, equalKeys } = await createEyamlText(text).yaml();
      return faults.length + equalKeys.length === 0;
    };
    const write = (prefix: string, texts: readonly string[]) =>
      texts.map((text, i) => {
        const file = path.join(folder, `${prefix}-${SIDES[i] ?? ''}`);
        writeFileSync(file, text);
        return file;
      });
    let same = 0;

    await fc.assert(
      fc.asyncProperty(anyMerge, async (files) => {
        const sides = SIDES.map((side) => files[side]);
        const encrypted = sides.map((file) =>
          textOfFile(file, (plaintext, i) => defined(values.get(`${PLAINTEXTS[plaintext] ?? ''} ${i}`))),
        );
        const plain = encrypted.map(decrypted);
        const [oursFile = '', baseFile = '', theirsFile = ''] = write('encrypted', encrypted);
        const labels = SIDES.flatMap((side) => ['-L', side]);
        const byGit = spawnSync('git', ['merge-file', '-p', '-q', ...labels, ...write('plain', plain)], {
          env: environment,
        });
        const wanted = byGit.stdout.toString();

        const request = { ours: oursFile, base: baseFile, theirs: theirsFile, path: 'x', markerSize: 7 };
        const outcome = await mergeVersions(request, context, { cwd: folder, environment });
        const result = readFileSync(oursFile, 'utf8');

        const known = new Set(encrypted.flatMap((text) => createEyamlText(text).values.map(({ payload }) => payload)));
        expect(createEyamlText(result).values.filter(({ payload }) => !known.has(payload))).toEqual([]);
        const got = decrypted(result);
        if (byGit.status === 0 && (await isSound(wanted))) {
          expect(got).toBe(wanted);
          expect(outcome.conflicts).toBe(0);
          same += 1;
        } else if (outcome.conflicts === 0) {
          expect(await isSound(result)).toBe(true);
        } else {
          expect(conflictsIn(readConflicts(result))).toHaveLength(outcome.conflicts);
          // Who takes one side gets a sound file with all that git gives, in its order; rules may add to it. Git itself leaves keys twice
          // where it sees no conflict.
          const [byRules, ofGit] = [readConflicts(got), readConflicts(wanted)];
          const pairs = (['ours', 'theirs'] as const).map((side) => [resolved(byRules, side), resolved(ofGit, side)]);
          const areClear = await Promise.all(pairs.map(([, git = '']) => isSound(git)));
          for (const [ours = '', git = ''] of areClear.includes(false) ? [] : pairs) {
            expect(await isSound(ours)).toBe(true);
            if (byGit.status === outcome.conflicts) expect(linesMissing(git, ours)).toEqual([]);
          }
        }
      }),
      { numRuns: Number(process.env.MERGE_RUNS ?? 150), seed: Number(process.env.MERGE_SEED ?? 20261130) },
    );
    expect(same).toBeGreaterThan(30);
  },
);
