import { EyamlError } from '../../errors.js';
import type { Keygrip } from '../../openpgp/identifiers.js';
import type { Agent, KeyState } from './agent.js';
import { AssuanClosed, AssuanLost } from './assuan.js';

/** A session with gpg-agent that is opened when it is first needed, and opened again when the agent ended. */
export interface AgentSession {
  /**
   * Does work with the agent. When the agent ends meanwhile, a new one is started and the work is repeated.
   *
   * @throws {@link EyamlError} what the work throws; `AGENT_FAILED` when the agent ends a second time.
   */
  readonly use: <T>(work: (agent: Agent) => Promise<T>) => Promise<T>;
  /** How the agent has each key; asked once for each agent. */
  readonly keyStates: () => Promise<ReadonlyMap<Keygrip, KeyState>>;
  close(): void;
}

/**
 * Makes an {@link AgentSession}.
 *
 * @param open - opens an agent; `isStepwise` says that it gets nothing before it asks for it.
 */
export function createAgentSession(open: (isStepwise: boolean) => Promise<Agent>): AgentSession {
  let agent: Promise<Agent> | undefined;
  let states: Promise<ReadonlyMap<Keygrip, KeyState>> | undefined;
  let isStepwise = false;
  const close = () => {
    void agent?.then((open) => open.close()).catch(() => undefined);
    agent = undefined;
    states = undefined;
  };
  const use = async <T>(work: (agent: Agent) => Promise<T>): Promise<T> => {
    let exits = 0;
    while (exits < 2) {
      const wasStepwise = isStepwise;
      const opened = (agent ??= open(isStepwise));
      try {
        return await work(await opened);
      } catch (error) {
        if (!(error instanceof AssuanClosed)) throw error;
        // Other work may have opened it again by now.
        if (agent === opened) close();
        if (error instanceof AssuanLost && !wasStepwise) isStepwise = true;
        else exits += 1;
      }
    }
    throw new EyamlError('AGENT_FAILED', 'gpg-agent exited twice while in use', {
      suggestions: ['see its log (log-file in gpg-agent.conf), and check whether another program ends it'],
    });
  };
  return { use, keyStates: () => (states ??= use((open) => open.keyStates())), close };
}
