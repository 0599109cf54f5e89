import { stat } from 'node:fs/promises';
import { EyamlError } from '../../errors.js';
import { connectAgent } from '../../keys/gnupg/agent-connection.js';
import { AssuanError } from '../../keys/gnupg/assuan-turn.js';
import type { Checkup } from './checkup.js';
import { reporterOf, type DoctorFinding } from './finding.js';

// How long the agent may take for an answer, in milliseconds.
const LIMIT = 5000;

const RESTART = 'gpgconf --kill gpg-agent';

const { ok, warning, problem, error } = reporterOf('gpg-agent');

/** Whether gpg-agent starts and answers. No passphrase is asked for. */
export async function checkAgent({ gpg, environment }: Checkup): Promise<readonly DoctorFinding[]> {
  if (gpg === undefined || !(await isHomeThere(gpg.home ?? gpg.defaultHome))) return [];
  try {
    const agent = await connectAgent(gpg, environment, LIMIT);
    try {
      const isRestricted = await agent.command('GETINFO restricted', {}, LIMIT).then(
        () => true,
        (refusal: unknown) => {
          if (refusal instanceof AssuanError) return false;
          throw refusal;
        },
      );
      if (isRestricted) return [ok('gpg-agent answers from another machine, through its extra socket')];
      const version = (await agent.command('GETINFO version', {}, LIMIT)).data.toString();
      const { stdout } = await gpg.conf(['--version'], LIMIT);
      const installed = /^gpgconf \([^)]*\) (\S+)/.exec(stdout.toString())?.[1] ?? version;
      return [
        version === installed
          ? ok(`gpg-agent ${version} answers`)
          : warning(`gpg-agent ${version} runs, but ${installed} is installed`, RESTART),
      ];
    } finally {
      agent.close();
    }
  } catch (fault) {
    if (!(fault instanceof EyamlError)) return [problem('gpg-agent stopped answering', RESTART)];
    if (!fault.message.includes('does not answer')) return [error(fault, 'gpgconf --launch gpg-agent')];
    return [problem(`${fault.message} [${fault.code}]`, 'pkill -9 -u "$(id -un)" gpg-agent')];
  }
}

// To start an agent would make the home.
async function isHomeThere(home: string | undefined): Promise<boolean> {
  return (
    home === undefined ||
    stat(home).then(
      () => true,
      () => false,
    )
  );
}
