const seen = new WeakMap<object, number>();

/**
 * Unix ms by this machine's clock at which `value` was first asked about. Durations that go on after the server
 * reported them count from here, so that they do not depend on the two clocks agreeing.
 */
export function firstSeen(value: object): number {
  let at = seen.get(value);
  if (at === undefined) {
    at = Date.now();
    seen.set(value, at);
  }
  return at;
}
