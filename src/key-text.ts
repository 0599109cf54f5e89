/** Whether what is given as a path is a key, in armor, PEM or base64 of that: it must not be repeated, nor written to. */
export function isKeyText(text: string): boolean {
  return /[\r\n]|-----BEGIN|LS0tLS1CRUdJTi/.test(text);
}
