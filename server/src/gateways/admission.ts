import { StagewireError } from "@stagewire/shared";

/**
 * Counts the subscriptions of one socket. What it returns counts one in, and throws `TOO_MANY_REQUESTS` when the
 * socket has its fill; it gives the function that counts it out, which may be called twice.
 */
export function createAdmission(most: number): () => () => void {
  let subscriptions = 0;
  return () => {
    if (subscriptions >= most) {
      throw new StagewireError(
        "TOO_MANY_REQUESTS",
        `This socket has ${subscriptions} subscriptions, which is the most (maxSubscriptionsPerSocket): end one, or open another socket.`,
      );
    }
    subscriptions++;
    let counted = true;
    return () => {
      if (counted) subscriptions--;
      counted = false;
    };
  };
}
