"""Starts a run over Socket.IO, watches it, drops the connection in its middle, resumes by cursor, skips, and prints
every event as a line of JSON. Knows nothing but PROTOCOL.md."""

import asyncio
import json
import sys

import socketio


class Watcher:
    def __init__(self, url):
        self.url = url
        self.run_id = None
        self.cursor = None
        self.types = set()
        self.changed = asyncio.Condition()

    async def connect(self):
        client = socketio.AsyncClient(reconnection=False)

        @client.on("events")
        async def events(frame):
            for event in frame["events"]:
                print(json.dumps(event), flush=True)
                self.types.add((event["type"], event.get("stage")))
            self.cursor = frame["cursor"]
            async with self.changed:
                self.changed.notify_all()

        await client.connect(self.url, transports=["websocket"])
        return client

    async def seen(self, kind, stage=None):
        async with self.changed:
            await self.changed.wait_for(lambda: (kind, stage) in self.types)


async def main(url):
    watcher = Watcher(url)
    client = await watcher.connect()
    started = await client.call("start", {"task": "build it", "idempotencyKey": "from-python"})
    assert started["created"], started
    watcher.run_id = started["runId"]
    assert await client.call("watch", {"runId": watcher.run_id}) == {"watching": True}
    await watcher.seen("stage_complete", "architecture")
    await client.disconnect()

    client = await watcher.connect()
    answer = await client.call("watch", {"runId": watcher.run_id, "lastEventId": watcher.cursor})
    assert answer == {"watching": True}, answer
    skip = {"type": "skip", "target": "remaining", "when": "now"}
    ack = await client.call("control", {"commandId": "s-1", "runId": watcher.run_id, "command": skip})
    assert ack["outcome"] in ("applied", "scheduled"), ack
    wrong = await client.call("watch", {"runId": "nobody"})
    assert wrong["error"]["code"] == "RUN_NOT_FOUND", wrong
    await watcher.seen("run_complete")
    await client.disconnect()


asyncio.run(main(sys.argv[1]))
