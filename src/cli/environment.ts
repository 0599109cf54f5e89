import { homedir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../config/configuration.js';
import { EyamlError } from '../errors.js';

/** Where a command runs. */
export function readEnvironment(): Environment {
  return { environment: process.env, cwd: currentFolder(), homeFolder: homeFolder() };
}

/**
 * The user's home folder. A container may run as a user that no passwd file knows, without HOME: then it has no
 * configuration of its own. Neither has it with a HOME that is not an absolute path: that would lead into the current folder.
 */
export function homeFolder(): string {
  try {
    const home = homedir();
    return path.isAbsolute(home) ? home : '/nonexistent';
  } catch {
    return '/nonexistent';
  }
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new EyamlError('USAGE', 'the current folder no longer exists');
  }
}
