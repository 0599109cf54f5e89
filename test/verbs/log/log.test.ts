import { expect, test } from 'vitest';
import { openGit } from '../../../src/git/git.js';
import { logValues } from '../../../src/verbs/log/log.js';
import { plainMethods, plainValue } from '../../helpers/plain-encryptor.js';
import { createRepository } from '../../helpers/repository.js';

test('each distinct ciphertext is opened once, and none that need not be', async () => {
  const repo = createRepository();
  const keys = Array.from({ length: 20 }, (_, key) => key);
  const numbers = keys.map(() => 0);
  const commit = (subject: string) => {
    repo.write('a.eyaml', keys.map((key) => `k${key}: ${plainValue(`secret ${key}`, numbers[key])}\n`).join(''));
    repo.commit(subject);
  };
  commit('add');
  for (let number = 1; number <= 10; number += 1) {
    numbers[0] = number;
    numbers[number] = number;
    commit(`change ${number}`);
  }
  // As it was at first.
  numbers.fill(0);
  commit('back');
  const methods = plainMethods();
  const options = { file: 'a.eyaml', opens: 'compared' as const, onRefused: () => undefined };
  const entries = await logValues(await openGit(repo.top, repo.env), options, methods);
  expect(entries).toHaveLength(12);
  expect(new Set(entries.slice(0, -1).flatMap(({ changes }) => changes.map(({ kind }) => kind)))).toEqual(
    new Set(['reencrypted']),
  );
  const opened = new Map<string, number>();
  for (const plaintext of methods.opened) opened.set(plaintext, (opened.get(plaintext) ?? 0) + 1);
  // The first key has had eleven ciphertexts, ten keys two, and the others one that is never compared.
  expect(opened).toEqual(new Map(keys.slice(0, 11).map((key) => [`secret ${key}`, key === 0 ? 11 : 2] as const)));
  const none = plainMethods();
  await logValues(await openGit(repo.top, repo.env), { ...options, opens: 'none' }, none);
  expect(none.opened).toEqual([]);
});
