/** What `look` gives, looked at once for all who ask in one turn of the event loop: nobody gets what is older. */
export function perTurn<T>(look: () => T): () => T {
  let seen: { readonly value: T } | undefined;
  return () => {
    if (!seen) {
      seen = { value: look() };
      setImmediate(() => (seen = undefined));
    }
    return seen.value;
  };
}
