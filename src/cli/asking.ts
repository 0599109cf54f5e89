let open = 0;

/** Waits for the answer to a question, and gives it. */
export async function answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
  open += 1;
  try {
    return await answer;
  } finally {
    open -= 1;
  }
}

/** Whether a question waits for its answer. After Ctrl-D, which ends the input, none comes. */
export function isAsking(): boolean {
  return open > 0;
}
