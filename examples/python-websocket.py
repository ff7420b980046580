"""A client of the WebSocket, written from PROTOCOL.md alone. It survives drops, and steers the run that it watches.

    python3 python-websocket.py "a URL shortener" [http://127.0.0.1:4400]

Needs Python 3.9 and aiohttp (Debian: python3-aiohttp).
"""

import asyncio
import json
import random
import sys
import uuid

import aiohttp


class Refused(Exception):
    """The answer was an error."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.reason = error["data"].get("reason")


class Lost(Exception):
    """The connection went away, or could not be made."""


class Socket:
    """One connection. Each answer goes to the request that has its id."""

    def __init__(self, ws):
        self.ws, self.last_id, self.open = ws, 0, {}
        self.reading = asyncio.ensure_future(self.read())

    async def read(self):
        asked = False
        while True:
            try:
                message = await self.ws.receive(timeout=5)
            except asyncio.TimeoutError:
                if asked:
                    break  # Not even a PONG: the server hangs, or the network is gone.
                asked = True
                await self.ws.send_str("PING")
                continue
            asked = False
            if message.type != aiohttp.WSMsgType.TEXT:
                break
            if message.data == "PING":
                await self.ws.send_str("PONG")
            elif message.data != "PONG":
                answer = json.loads(message.data)
                if answer.get("id") in self.open:
                    self.open[answer["id"]].put_nowait(answer)
        await self.ws.close()
        for queue in self.open.values():
            queue.put_nowait(None)

    async def results(self, method, path, value):
        self.last_id += 1
        id, queue = self.last_id, asyncio.Queue()
        self.open[id] = queue
        try:
            await self.ws.send_str(json.dumps({"id": id, "method": method, "params": {"path": path, "input": value}}))
            while (answer := await queue.get()) is not None:
                if "error" in answer:
                    raise Refused(answer["error"])
                yield answer["result"]
        finally:
            del self.open[id]
        raise Lost


class Client:
    def __init__(self, session, address):
        self.session, self.address, self.socket, self.tries = session, address, None, 0
        self.connecting = asyncio.Lock()

    async def connect(self):
        """The connection that is open, else a new one. Waits are random, so that clients do not come back all at once."""
        async with self.connecting:
            return await self.reconnect()

    async def reconnect(self):
        while self.socket is None or self.socket.reading.done():
            if self.tries:
                await asyncio.sleep(random.uniform(0, min(10, 0.25 * 2 ** (self.tries - 1))))
            self.tries += 1
            try:
                self.socket = Socket(await self.session.ws_connect(self.address + "/trpc", max_msg_size=0))
            except aiohttp.WSServerHandshakeError as error:
                if error.status in (401, 403):
                    raise
            except aiohttp.ClientError as error:
                print(f"(cannot connect: {error})", file=sys.stderr)
        return self.socket

    async def call(self, method, path, value):
        """Sent again after a drop: its `idempotencyKey` or `commandId` is the same then, so it acts once."""
        while True:
            try:
                async for result in (await self.connect()).results(method, path, value):
                    self.tries = 0
                    return result["data"]
            except (Lost, ConnectionError):
                pass

    async def watch(self, run_id, cursor="0-0"):
        """Every event of the run once and in order, however often the connection drops."""
        while True:
            seq = int(cursor.split("-")[1])
            try:
                value = {"runId": run_id, "lastEventId": cursor}
                async for result in (await self.connect()).results("subscription", "runs.events", value):
                    self.tries = 0
                    if result["type"] == "stopped":
                        return
                    if result["type"] != "data":
                        continue
                    for event in result["data"]["data"]:
                        if event["seq"] <= seq:
                            continue
                        if event.get("from", event["seq"]) != seq + 1:
                            await self.socket.ws.close()  # A gap: go on from the last cursor that was good.
                            raise Lost
                        seq = event["seq"]
                        yield event
                    cursor = result["data"]["id"]
            except (Lost, ConnectionError):
                print("(the connection was lost)", file=sys.stderr)


async def main(task, address="http://127.0.0.1:4400"):
    async with aiohttp.ClientSession() as session:
        client = Client(session, address)
        started = await client.call("mutation", "runs.start", {"task": task, "idempotencyKey": str(uuid.uuid4())})
        texts = {}  # By stage and iteration, as UTF-16: offsets count its units, and a token may end in half a pair.
        async for event in client.watch(started["runId"]):
            step = (event.get("stage"), event.get("iteration"))
            if event["type"] == "stage_start":
                texts[step] = b""  # A new attempt voids what the one before wrote.
                print(f"{event['stage']}#{event['iteration']} attempt {event['attempt']}")
                if step == ("refinement", 2):
                    command = {"type": "skip", "target": "remaining", "when": "now"}
                    steer = {"commandId": str(uuid.uuid4()), "runId": event["runId"], "command": command}
                    print("  skip:", (await client.call("mutation", "runs.control", steer))["outcome"])
            elif event["type"] == "token" and event["channel"] == "output":
                texts[step] = texts[step][: 2 * event["offset"]] + event["text"].encode("utf-16-le", "surrogatepass")
            elif event["type"] == "progress" and event["phase"] == "streaming":
                print(f"  {len(texts[step]) // 2} units so far", file=sys.stderr)
            elif event["type"] == "stage_complete":
                texts[step] = event["output"].encode("utf-16-le", "surrogatepass")
                print(f"  {event['outcome']}: {len(event['output'])} characters")
            elif event["type"] == "run_complete":
                print(f"{event['outcome']}\n{event.get('output', '')}")


asyncio.run(main(*sys.argv[1:]))
