import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { defined } from './defined.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The ready files of docs/pipelines, and the hooks of the pre-commit framework at the top. */
export const PIPELINES = ['github.yml', 'gitlab.yml', 'forgejo.yml', 'Jenkinsfile', 'pre-commit-config.yaml'] as const;
export type Pipeline = (typeof PIPELINES)[number];

/** The text of a ready file. */
export function pipelineText(pipeline: Pipeline): string {
  return readFileSync(path.join(ROOT, 'docs/pipelines', pipeline), 'utf8');
}

/** The command lines of a ready file, in their order. */
export function commandLines(pipeline: Pipeline): readonly string[] {
  const text = pipelineText(pipeline);
  if (pipeline === 'Jenkinsfile') return Array.from(text.matchAll(/^ *sh '(.*)'$/gm), ([, line = '']) => line);
  const file = parse(text) as {
    readonly jobs?: { readonly check: { readonly steps: readonly { readonly run?: string }[] } };
    readonly eyaml?: { readonly script: readonly string[] };
    readonly repos?: readonly { readonly hooks: readonly { readonly entry: string }[] }[];
  };
  return [
    ...(file.jobs?.check.steps.flatMap(({ run }) => run ?? []) ?? []),
    ...(file.eyaml?.script ?? []),
    ...(file.repos?.flatMap(({ hooks }) => hooks.map(({ entry }) => entry)) ?? []),
  ];
}

/** The line that installs the command; the same in each file that has one. */
export const INSTALL = 'npm install --global "hiera-eyaml-gpg@$EYAML_VERSION"';

/** What a command line of a pipeline printed. */
export interface PipelineRun {
  readonly code: number | null;
  readonly stdout: string;
}

/** Runs a line as a runner does: in a shell that stops at the first error. */
export function runLine(line: string, cwd: string, env: NodeJS.ProcessEnv): Promise<PipelineRun> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-ec', line], { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    defined(child.stdout).on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(chunks).toString() }));
  });
}
