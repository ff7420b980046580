"""A run over Socket.IO from Python: python3 python-socketio.py "a URL shortener" [http://127.0.0.1:4400]

Needs python3-socketio and python3-aiohttp of Debian, or python-socketio[asyncio_client] of PyPI.
"""

import asyncio
import sys
import uuid

import socketio


async def main(task="a URL shortener", url="http://127.0.0.1:4400"):
    client = socketio.AsyncClient()  # Connects again by itself.
    run_id, cursor, over = None, None, asyncio.Event()

    async def ask(event, argument):
        answer = await client.call(event, argument)
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer

    @client.on("connect")
    async def connected():
        # After a drop: watches do not outlive a connection, cursors do.
        if run_id:
            await ask("watch", {"runId": run_id, "lastEventId": cursor} if cursor else {"runId": run_id})

    async def skip_the_rest():
        command = {"type": "skip", "target": "remaining", "when": "now"}
        ack = await ask("control", {"commandId": str(uuid.uuid4()), "runId": run_id, "command": command})
        print("  skip:", ack["outcome"])

    @client.on("events")
    async def events(frame):
        nonlocal cursor
        for event in frame["events"]:
            if event["type"] == "stage_start":
                print(f"# {event['stage']} {event['iteration']}")
                if (event["stage"], event["iteration"]) == ("refinement", 2):
                    await skip_the_rest()
            elif event["type"] == "stage_complete":
                print(f"  {event['outcome']}")
            elif event["type"] == "run_complete":
                print(event["outcome"], event.get("output", ""), sep="\n")
                over.set()
        cursor = frame["cursor"]

    await client.connect(url, transports=["websocket"])
    run_id = (await ask("start", {"task": task, "idempotencyKey": str(uuid.uuid4())}))["runId"]
    await ask("watch", {"runId": run_id})
    await over.wait()
    await client.disconnect()


asyncio.run(main(*sys.argv[1:]))
