import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanEnvironment, SCRIPT } from '../helpers/cli.js';
import { scratchRuntimeFolder, scratchTree } from '../helpers/files.js';
import { createGnupgHome, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';

// Each .txt file is a session in a copy of fixtures/tree: a remark after "% ", a line "$ command", what it prints (a line of stderr after "! "), and
// "[exit N]" unless that is 0. Encrypted values are shown as ENC[GPG,…]. Alice is at the keyboard; mallory's key is not trusted.
let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({
    secret: ['alice'],
    pub: ['puppetmaster', 'ann', 'joann', 'zoe', 'bob', 'expired', 'revoked', 'nosub', 'mallory', 'rota'],
    trusted: ['alice', 'puppetmaster', 'ann', 'joann', 'zoe', 'bob', 'expired', 'revoked', 'nosub', 'rota'],
  });
});
afterAll(() => home.remove());

const sessions = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));

test.each(sessions)('%s', async (name) => {
  const session = path.join(import.meta.dirname, name);
  // Written anew with `vitest run -u`; read what it wrote.
  await expect(await replay(readFileSync(session, 'utf8'))).toMatchFileSnapshot(session);
});

async function replay(session: string): Promise<string> {
  const folder = scratchTree();
  const bin = path.join(folder, '.bin');
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'eyaml'), SCRIPT);
  chmodSync(path.join(bin, 'eyaml'), 0o755);
  const env = cleanEnvironment({
    XDG_RUNTIME_DIR: scratchRuntimeFolder(),
    GNUPGHOME: home.path,
    HOME: home.path,
    FIXTURES,
    PATH: `${bin}:${process.env.PATH ?? ''}`,
  });

  const shown: string[] = [];
  for (const line of session.split('\n')) {
    if (line.startsWith('%')) shown.push(line);
    if (!line.startsWith('$ ')) continue;
    const { code, stdout, stderr } = await run(line.slice(2), folder, env);
    const errors = lines(stderr).map((words) => `! ${words}`.trimEnd());
    shown.push(line, ...lines(stdout), ...errors, ...(code === 0 ? [] : [`[exit ${code ?? ''}]`]), '');
  }
  return shown.join('\n').replaceAll(`${folder}/`, '');
}

function run(command: string, cwd: string, env: NodeJS.ProcessEnv) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = spawn('bash', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function lines(output: string): string[] {
  const text = output.replace(/ENC\[GPG,[A-Za-z0-9+/=\s]+\]/g, 'ENC[GPG,…]');
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
