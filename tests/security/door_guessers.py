"""Guesses keys on many connections, each as fast as it is answered: `python -m tests.security.door_guessers PORT 60`.

A process of its own, so that its work is none of who measures. Prints the number of answers by status when it is told
to end by closing its input.
"""

import asyncio
import json
import sys
from collections import Counter
from uuid import uuid4


async def guess(port: int, answers: Counter[str]) -> None:
    """One connection, opened again when the server closes it."""
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while True:
                key = f"pk_{uuid4().hex}_{uuid4().hex}"
                head = f"GET /v1/orders/{uuid4()} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n"
                writer.write(head.encode())
                answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                answers[answer.split()[1]] += 1
                length = answer.partition("content-length: ")[2].split()
                await reader.readexactly(int(length[0]) if length else 0)
        except (OSError, asyncio.IncompleteReadError):
            answers["closed"] += 1
            await asyncio.sleep(0.01)


async def main(port: int, connections: int) -> None:
    """Guesses until the input ends."""
    answers: Counter[str] = Counter()
    guessers = [asyncio.create_task(guess(port, answers)) for _ in range(connections)]
    await asyncio.to_thread(sys.stdin.read)
    for guesser in guessers:
        guesser.cancel()
    print(json.dumps(answers))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
