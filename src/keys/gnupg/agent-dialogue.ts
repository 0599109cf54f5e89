import type { AssuanReply, Command } from './assuan-turn.js';
import { AssuanLost, type Assuan } from './assuan.js';
import { endPinentry, pinentryAsks } from './pinentry.js';

// How long the agent may work on a key before the user is told, in milliseconds.
const LONG = 5000;

/** How patient to be with an agent. */
export interface DialogueOptions {
  /** How long the agent may take for an answer that needs no user, in milliseconds. */
  readonly limit: number;
  /** Called when the agent works on a key for a long time. */
  readonly onWait?: ((message: string) => void) | undefined;
  /** Whether nothing is sent before the agent asks for it, or has done what was sent before. */
  readonly isStepwise?: boolean | undefined;
}

/** A command that is answered at once. */
type Preparation = Pick<Command, 'line' | 'onDone' | 'isSure'>;

/** A command that may wait for a person. */
type Question = Omit<Command, 'limit' | 'onBegin' | 'onDone'>;

/** The kinds of command: answered at once, or slow and possibly waiting for a person. */
export interface Dialogue {
  readonly ask: (commands: () => readonly Preparation[]) => Promise<AssuanReply>;
  /** `before` says what must be set first; nothing else is sent in between. */
  readonly askUser: (before: () => readonly Preparation[], command: Question) => Promise<AssuanReply>;
  /** What changes a setting of the connection; nothing if it is as wanted. */
  readonly setting: ReturnType<typeof createSetting>;
}

/** Makes a {@link Dialogue} over a connection to an agent. */
export function createDialogue(connection: Assuan, options: DialogueOptions): Dialogue {
  const { limit, isStepwise = false } = options;
  return {
    ask: (commands) =>
      connection.inTurn(() => commands().map((one) => ({ ...one, limit, isSure: one.isSure === true && !isStepwise }))),
    askUser: (before, command) => askUser(connection, { before, command, ...options }),
    setting: createSetting(),
  };
}

// What the agent remembers for the connection. The description of a key is not among it: that counts for one operation.
const SETTINGS = {
  key: { initial: undefined, line: (keygrip: string) => `SETKEY ${keygrip}` },
  'pinentry-mode': { initial: 'ask', line: (mode: string) => `OPTION pinentry-mode=${mode}` },
};

/** Makes what changes a setting of the connection, when it is not as wanted. */
function createSetting() {
  const now = new Map<string, string | undefined>(
    Object.entries(SETTINGS).map(([name, { initial }]) => [name, initial]),
  );
  return (name: keyof typeof SETTINGS, wanted: string): readonly Preparation[] =>
    now.get(name) === wanted ? [] : [{ line: SETTINGS[name].line(wanted), onDone: () => now.set(name, wanted) }];
}

interface Asking extends DialogueOptions {
  readonly before: () => readonly Preparation[];
  readonly command: Question;
}

// A running pinentry shows by itself what it waits for, perhaps on this terminal.
async function askUser(
  connection: Assuan,
  { before, command, limit, onWait, isStepwise = false }: Asking,
): Promise<AssuanReply> {
  let timer: NodeJS.Timeout | undefined;
  let answered: () => void = () => undefined;
  const launched = ([pid]: readonly string[]) => {
    clearTimeout(timer);
    answered = pinentryAsks(Number(pid));
    return Buffer.alloc(0);
  };
  const tellUser = () =>
    onWait?.('waiting for gpg-agent: a smart card may want a touch, or a pinentry may be asking elsewhere');
  const begun = () => (timer = setTimeout(tellUser, LONG));
  try {
    return await connection.inTurn(() => {
      const first = before().map((preparation) => ({ ...preparation, limit, isSure: !isStepwise }));
      const early = isStepwise ? { asksFirst: undefined, isSure: false } : {};
      const all = { ...command.answers, PINENTRY_LAUNCHED: launched };
      return [...first, { ...command, ...early, answers: all, onBegin: begun }];
    });
  } catch (error) {
    // The agent has it ask nevertheless, and whoever answers would be asked again.
    if (error instanceof AssuanLost) endPinentry();
    throw error;
  } finally {
    clearTimeout(timer);
    answered();
  }
}
