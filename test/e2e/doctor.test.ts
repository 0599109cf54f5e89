import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorFinding } from '../../src/verbs/doctor/finding.js';
import { SCRIPT } from '../helpers/cli.js';
import { scratchFolder, scratchRuntimeFolder } from '../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { toolsWithoutGpg } from '../helpers/key-homes.js';
import { fakePinentry, type FakePinentry } from '../helpers/pinentry.js';
import { createScene, type Scene, type SceneContent } from '../helpers/scene.js';

let home: GnupgHome;
let pinentry: FakePinentry;
beforeAll(() => {
  pinentry = fakePinentry();
  home = createGnupgHome({ secret: ['alice'], pub: ['puppetmaster', 'bob'], agentConf: [pinentry.agentConf] });
});
afterAll(() => {
  home.remove();
  pinentry.remove();
});

interface Report {
  readonly code: number | null;
  readonly findings: readonly DoctorFinding[];
  /** What is not ok, `state: about: message`. */
  readonly bad: readonly string[];
  readonly all: readonly string[];
}

const line = ({ state, about, message }: DoctorFinding) => `${state}: ${about}: ${message}`;

async function doctor(scene: Scene, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Report> {
  const { code, stdout, stderr } = await scene.run(['doctor', '--json', ...args], { env });
  expect(stderr).toBe('');
  const { findings } = JSON.parse(stdout) as { findings: DoctorFinding[] };
  const bad = findings.filter(({ state }) => state !== 'ok');
  expect(bad.every((finding) => 'command' in finding && finding.command !== '')).toBe(true);
  expect(code).toBe(findings.some(({ state }) => state === 'problem') ? 1 : 0);
  return { code, findings, bad: bad.map(line), all: findings.map(line) };
}

/** Where nothing is wrong: this eyaml is the first on PATH, and there is an editor and a folder in memory. */
function soundScene(content: SceneContent = {}, tools?: string): Scene {
  const bin = scratchFolder();
  writeFileSync(path.join(bin, 'eyaml'), SCRIPT);
  chmodSync(path.join(bin, 'eyaml'), 0o755);
  const env = {
    PATH: `${bin}:${tools ?? process.env.PATH ?? ''}`,
    EDITOR: '/bin/cat',
    XDG_RUNTIME_DIR: scratchRuntimeFolder(),
  };
  return createScene({ gnupg: home, ...content, env: { ...env, ...content.env } });
}

const SECRETS = 'development/app1/common.yaml';

async function valueIn(scene: Scene): Promise<string> {
  const args = ['encrypt', '-s', 'canary', '-o', 'string', '--gpg-recipients', 'alice@example.com'];
  return (await scene.run(args)).stdout;
}

describe('GnuPG, keys and recipients', () => {
  test('nothing is wrong', async () => {
    const scene = soundScene();
    scene.write('hiera-eyaml-gpg.recipients', `${FINGERPRINTS.alice ?? ''}\n`);
    scene.write('a.yaml', `a: ${await valueIn(scene)}\n`);
    const { bad, all, code } = await doctor(scene);
    expect({ bad, code }).toEqual({ bad: [], code: 0 });
    expect(all).toContain('ok: values: you can read 1 value in 1 file');
    expect(all).toContainEqual(expect.stringMatching(/^ok: gpg: (?:GnuPG|gpg-sq)/));
    expect(all).toContainEqual(
      expect.stringMatching(/^ok: keys: Alice <alice@example.com> \(\w{40}\) does not expire/),
    );
    const { stdout } = await scene.run(['doctor']);
    expect(stdout).toMatch(/^no problems found: \d+ lines ok \(-v shows them\)\n$/);
  });

  test('no pinentry is started for a key with a passphrase, and that nobody could ask is a problem', async () => {
    const locked = createGnupgHome({ secret: ['bob'], agentConf: [pinentry.agentConf] });
    try {
      const scene = soundScene({ gnupg: locked });
      scene.write('hiera-eyaml-gpg.recipients', `${FINGERPRINTS.bob ?? ''}\n`);
      const { bad, all } = await doctor(scene);
      expect(bad).toEqual(['problem: pinentry: there is no terminal where a pinentry could ask']);
      expect(all).toContain(`ok: pinentry: the pinentry is ${pinentry.agentConf.replace('pinentry-program ', '')}`);
      scene.write('pass', 'x\n');
      chmodSync(path.join(scene.cwd, 'pass'), 0o600);
      expect((await doctor(scene, ['--gpg-passphrase-file', 'pass'])).bad).toEqual([]);
      expect(pinentry.starts()).toBe(0);
      writeFileSync(path.join(locked.path, 'gpg-agent.conf'), 'pinentry-program /nonexistent/pinentry\n');
      expect((await doctor(scene)).bad).toContain(
        'problem: pinentry: there is no pinentry: /nonexistent/pinentry cannot be run',
      );
    } finally {
      locked.remove();
    }
  });

  test('recipients that cannot be encrypted for, one cause once; and values for others', async () => {
    const scene = soundScene();
    scene.write('hiera-eyaml-gpg.recipients', 'nobody@example.com\npuppetmaster\n');
    scene.write('sub/hiera-eyaml-gpg.recipients', 'nobody@example.com\n');
    const value = execFileSync('cat', [path.join(FIXTURES, 'vectors/password-and-key.gpg')]).toString('base64');
    const bobs = home.gpg(['--trust-model', 'always', '-r', 'bob@example.com', '-e'], 'x').toString('base64');
    scene.write('a.yaml', `a: ENC[GPG,${bobs}]\nb: ENC[GPG,${value}]\nc: ENC[GPG,AAAA]\n`);
    const { bad } = await doctor(scene, ['.']);
    expect(bad).toEqual([
      expect.stringMatching(
        /^problem: recipients: hiera-eyaml-gpg.recipients:1, sub\/hiera-eyaml-gpg.recipients:1: no key .* is "nobody@example.com"$/,
      ),
      expect.stringMatching(/^warning: recipients: none of your keys is in hiera-eyaml-gpg.recipients/),
      expect.stringMatching(/^problem: values: none of your keys can read 1 of 3 values in 1 file: a.yaml:1$/),
      'problem: values: damaged: 1 of 3 values in 1 file: a.yaml:3',
    ]);
  });

  test('a recipient whose value was not re-encrypted yet', async () => {
    const scene = soundScene();
    scene.write('hiera-eyaml-gpg.recipients', `${FINGERPRINTS.alice ?? ''}\n`);
    const bobs = home.gpg(['--trust-model', 'always', '-r', 'bob@example.com', '-e'], 'x').toString('base64');
    scene.write('a.yaml', `a: ENC[GPG,${bobs}]\n`);
    const { findings } = await doctor(scene);
    expect(findings).toContainEqual(expect.objectContaining({ state: 'problem', command: 'eyaml recrypt a.yaml' }));
  });

  test('without gpg: only where something needs it', async () => {
    const scene = soundScene({}, toolsWithoutGpg(scratchFolder()));
    expect((await doctor(scene)).all).toContain('ok: gpg: there is no gpg on PATH, and nothing here needs it');
    scene.write('hiera-eyaml-gpg.recipients', 'alice@example.com\n');
    expect((await doctor(scene)).bad).toContainEqual(expect.stringMatching(/^problem: gpg: there is no gpg on PATH/));
  });

  test.each([
    ['a GnuPG home that is not there', { GNUPGHOME: '/nonexistent/home' }, /^problem: gpg: there is no GnuPG home/],
    ['an empty variable', { HIERA_EYAML_GPG_GNUPGHOME: '' }, /^problem: configuration: .* is empty/],
    ['an EDITOR that is not there', { EDITOR: '/nonexistent/ed' }, /^problem: editor: /],
  ])('%s', async (_, env, expected) => {
    expect((await doctor(soundScene(), [], env)).bad).toContainEqual(expect.stringMatching(expected));
  });

  test.each([
    ['says something else', 'echo mine 1.0'],
    ['fails', 'exit 3'],
    ['was damaged', 'kill -9 $$'],
  ])('a gpg that %s', async (_, script) => {
    const bin = scratchFolder();
    writeFileSync(path.join(bin, 'gpg'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const scene = soundScene({}, `${bin}:${process.env.PATH ?? ''}`);
    expect((await doctor(scene)).bad).toContainEqual(expect.stringMatching(/^problem: gpg: /));
  });
});

test('one cause is told once, and init is for a folder', async () => {
  const scene = soundScene();
  scene.write('a.yaml', 'a: 1\n');
  const { bad, findings } = await doctor(scene, ['a.yaml'], { GNUPGHOME: '/nonexistent/home' });
  expect(bad.filter((text) => text.includes('there is no GnuPG home'))).toHaveLength(1);
  expect(findings).toContainEqual(expect.objectContaining({ command: 'eyaml init .' }));
});

describe('configuration and programs', () => {
  test('a broken file, an unknown option, a plugin that is not there: all is a finding', async () => {
    const scene = soundScene();
    const config = path.join(scene.homeFolder, '.eyaml/config.yaml');
    scene.write(config, 'a: [b\n');
    expect((await doctor(scene)).bad).toContainEqual(
      expect.stringMatching(/^problem: configuration: .*CONFIG_INVALID/),
    );
    scene.write(config, 'gpg_recpients: x\n');
    expect((await doctor(scene)).bad).toContainEqual(expect.stringMatching(/unknown option gpg_recpients$/));
    scene.write(config, 'plugins: [/nonexistent/p.mjs]\n');
    expect((await doctor(scene)).bad).toContainEqual('problem: configuration: there is no plugin /nonexistent/p.mjs');
  });

  test('what a folder decides is shown', async () => {
    const scene = soundScene();
    scene.write('.eyaml/config.yaml', 'gpg_recipients: mallory@example.com\n');
    expect((await doctor(scene)).bad).toContainEqual(
      expect.stringMatching(/^warning: configuration: .*, which came with this folder, sets gpg_recipients/),
    );
  });

  test('a pipe into which nobody writes is not read', async () => {
    const scene = soundScene();
    const pipe = path.join(scene.cwd, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const { bad } = await doctor(scene, ['--gpg-recipients-file', pipe], { EYAML_CONFIG: pipe });
    expect(bad.filter((text) => text.includes('which is not read here'))).toHaveLength(2);
  });

  test('another eyaml comes first on PATH; it is not run', async () => {
    const bin = scratchFolder();
    writeFileSync(path.join(bin, 'eyaml'), `#!/usr/bin/ruby\nFile.write('${bin}/ran', '')\n`, { mode: 0o755 });
    const { bad } = await doctor(soundScene(), [], { PATH: `${bin}:${process.env.PATH ?? ''}` });
    expect(bad).toContainEqual(expect.stringMatching(/^warning: eyaml: a shell starts .*the Ruby eyaml/));
    expect(() => readFileSync(path.join(bin, 'ran'))).toThrow();
  });

  test('an editor that does not wait', async () => {
    const bin = scratchFolder();
    writeFileSync(path.join(bin, 'code'), '#!/bin/sh\n', { mode: 0o755 });
    const { findings } = await doctor(soundScene(), [], { EDITOR: path.join(bin, 'code') });
    const command = `export EDITOR="${path.join(bin, 'code')} --wait"`;
    expect(findings).toContainEqual(expect.objectContaining({ about: 'editor', state: 'warning', command }));
  });
});

describe('hiera.yaml', () => {
  async function hieraScene(levels: string): Promise<Scene> {
    const scene = soundScene();
    scene.write('hiera-eyaml-gpg.recipients', `${FINGERPRINTS.alice ?? ''}\n`);
    scene.write('hiera.yaml', `version: 5\nhierarchy:\n${levels}`);
    for (const name of ['common.yaml', 'secret.eyaml', 'unread.yaml'])
      scene.write(`data/${name}`, `a: ${await valueIn(scene)}\n`);
    return scene;
  }

  test('a file that a plain level reads, and one that no level reads', async () => {
    const scene = await hieraScene(
      `  - {name: Secrets, lookup_key: eyaml_lookup_key, path: secret.eyaml, options: {gpg_gnupghom: /k}}\n` +
        `  - {name: Plain, path: common.yaml}\n`,
    );
    expect((await doctor(scene)).bad).toEqual([
      'warning: Puppet: the level "Secrets" of hiera.yaml has an unknown option gpg_gnupghom: did you mean gpg_gnupghome?',
      'problem: Puppet: the level "Plain" of hiera.yaml reads plain YAML, so Puppet hands out the ciphertext of 1 value in 1 file (data/common.yaml:1): set lookup_key: eyaml_lookup_key',
      'warning: Puppet: no level of hiera.yaml reads data/unread.yaml, where there are values',
    ]);
  });

  test.each([
    ['is not YAML', 'a: [b\n', 'is not a YAML mapping'],
    ['has another version', 'version: 4\n', 'is neither of version 5 nor of version 3'],
  ])('one that %s', async (_, text, words) => {
    const scene = soundScene();
    scene.write('hiera.yaml', text);
    expect((await doctor(scene)).bad).toContainEqual(`problem: Puppet: hiera.yaml ${words}`);
  });
});

test('nothing that it looks at becomes a file: the tree and the folder in memory stay as they were', async () => {
  const runtime = scratchRuntimeFolder();
  const scene = soundScene({ tree: true, env: { XDG_RUNTIME_DIR: runtime } });
  const before = execFileSync('find', [scene.cwd]).toString();
  mkdirSync(path.join(scene.homeFolder, 'empty'));
  await doctor(scene, [SECRETS]);
  expect(execFileSync('find', [scene.cwd]).toString()).toBe(before);
  expect(execFileSync('find', [runtime, '-mindepth', '1']).toString()).toBe('');
});
