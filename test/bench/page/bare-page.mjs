/**
 * A page that nothing listens to but the bench's questions. Where playwright opens one, it asks the browser to tell it
 * of every script, request and error; for the stack of each `Error` that is made, also those that React keeps for
 * later, V8 then reads the whole file once more, which at a quarter of the speed takes longer than all else.
 */
export async function openBarePage(browser, { slowdown, viewport }) {
  const root = await browser.newBrowserCDPSession();
  const { browserContextId } = await root.send("Target.createBrowserContext");
  const { targetId } = await root.send("Target.createTarget", { url: "about:blank", browserContextId });
  // Not flat: playwright passes on only what comes from sessions that it knows.
  const { sessionId } = await root.send("Target.attachToTarget", { targetId, flatten: false });
  const waiting = new Map();
  root.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result, error } = JSON.parse(message);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(new Error(`Chromium: ${error.message}`));
    else asked?.resolve(result);
  });
  let last = 0;
  const send = (method, params) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      const message = JSON.stringify({ id, method, params });
      root.send("Target.sendMessageToTarget", { sessionId, message }).catch(reject);
    });
  /** Calls a function in the page with JSON values; resolves with what it returns or promises. */
  const evaluate = async (act, ...given) => {
    const expression = `(${act})(...${JSON.stringify(given)})`;
    const answer = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(`In the page: ${answer.exceptionDetails.exception?.description}`);
    return answer.result.value;
  };
  await send("Emulation.setDeviceMetricsOverride", { ...viewport, deviceScaleFactor: 1, mobile: false });
  await send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  return {
    evaluate,
    goto: (url) => send("Page.navigate", { url }),
    /** Asks a few times a second, which is less than what a locator does, until the function returns something true. */
    async until(act, ...given) {
      while (!(await evaluate(act, ...given))) await new Promise((resolve) => setTimeout(resolve, 200));
    },
    async close() {
      await root.send("Target.disposeBrowserContext", { browserContextId });
      await root.detach();
    },
  };
}
