import { printable } from '../text/printable.js';

/** Shows how far a long task has come. */
export interface Progress {
  /** Counts finished work; `line` is printed where there is no terminal. */
  step(amount: number, line?: string): void;
  /** Removes the bar from the terminal. */
  end(): void;
}

const WIDTH = 30;
// Milliseconds between two drawings: fast enough for the eye, and cheap for the terminal.
const REDRAW = 100;
const CLEAR_LINE = '\r\u001b[K';

let isDrawn = false;

/** The octets that remove the bar before a message is written to the terminal; the next step draws it again. */
export function clearBar(): string {
  return isDrawn ? CLEAR_LINE : '';
}

/**
 * A bar with the time left on standard error when that is a terminal, else a line for each step that has one. `steps` names the
 * unit of a step, if steps are counted too.
 */
export function createProgress(total: number, what: string, quiet: boolean, steps = ''): Progress {
  if (quiet) return { step: () => undefined, end: () => undefined };
  if (!process.stderr.isTTY) {
    return { step: (_, line) => line && process.stderr.write(`${printable(line)}\n`), end: () => undefined };
  }
  const start = performance.now();
  let done = 0;
  let count = 0;
  let drawn = -Infinity;
  return {
    step: (amount) => {
      done += amount;
      count += 1;
      const now = performance.now();
      if (now - drawn < REDRAW && done < total) return;
      drawn = now;
      isDrawn = true;
      const left = Math.ceil((((now - start) / done) * (total - done)) / 1000);
      const filled = Math.round((done / Math.max(total, 1)) * WIDTH);
      process.stderr.write(
        `\r[${'#'.repeat(filled).padEnd(WIDTH, '.')}] ${done}/${total} ${what}${steps && `, ${count} ${steps}`}, ${left} s left \u001b[K`,
      );
    },
    end: () => {
      process.stderr.write(CLEAR_LINE);
      isDrawn = false;
    },
  };
}
