/** What a file that does not exist yet starts as. */
export const NEW_FILE = '---\n';
