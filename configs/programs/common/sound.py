"""Write sounds as WAV and as plain samples: usage: sound.py KIND:RATE:CHANNELS:SECONDS[:TIMES] ...

All is integer arithmetic, so that every machine writes the same bytes.
"""

import sys
import wave
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

TURN = 1 << 16
"""A full turn of a phase."""

PEAK = 1 << 14
"""What :func:`arc` reaches."""


def arc(phase: int) -> int:
    """Return the height of a parabola that looks like a sine, at a phase."""
    half = phase % (TURN // 2)
    height = half * (TURN // 2 - half) >> 14
    return height if phase % TURN < TURN // 2 else -height


def chords(rate: int, side: int) -> Iterator[int]:
    """Yield notes that are struck and fade, four at a time; the sides hear them a little later."""
    draw = Random(11).random
    length = rate // 4
    while True:
        steps = [int(110 * 2 ** (draw() * 3)) * TURN // rate for _ in range(4)]
        for place in range(length):
            loud = length - place
            at = place + side * 7
            total = sum(arc(step * at) + arc(step * at * 3) // 5 for step in steps)
            yield total * loud // (length * 5)


def speech(rate: int, side: int) -> Iterator[int]:
    """Yield pulses and breath through two resonances that move, with pauses."""
    draw = Random(12 + side).random
    while True:
        length, pitch = int(rate * (0.08 + draw() / 6)), int(rate / (90 + draw() * 80))
        voiced, silent = draw() < 0.7, draw() < 0.15
        bends = [int(draw() * 60000) - 20000 for _ in range(2)]
        state = [[0, 0], [0, 0]]
        for place in range(length):
            source = (9000 if place % pitch == 0 else 0) if voiced else int(draw() * 1200) - 600
            total = 0
            for bend, memory in zip(bends, state, strict=True):
                value = source + (bend * memory[0] >> 15) - (29000 * memory[1] >> 15)
                memory[:] = [max(-30000, min(30000, value)), memory[0]]
                total += memory[0]
            yield 0 if silent else total // 3


def noise(rate: int, side: int) -> Iterator[int]:
    """Yield what no codec can predict."""
    draw = Random(13 + side + rate).random
    while True:
        yield int(draw() * 40000) - 20000


def sweep(rate: int, side: int) -> Iterator[int]:
    """Yield a tone that rises over five seconds, clicks in it; the sides are opposite."""
    phase, place = 0, 0
    while True:
        phase += (60 + place * 1600 // rate) * TURN // rate
        place = (place + 1) % (rate * 5)
        click = 9000 if place % (rate // 3) < 4 else 0
        yield (arc(phase) + click) * (1 if side == 0 else -1)


KINDS: dict[str, Callable[[int, int], Iterator[int]]] = {
    "chords": chords,
    "speech": speech,
    "noise": noise,
    "sweep": sweep,
}


def write(kind: str, rate: int, channels: int, seconds: int, times: int = 1) -> None:
    """Write ``KIND.wav``, the same again and again, and its samples alone as ``KIND.pcm``."""
    sides = [KINDS[kind](rate, side) for side in range(channels)]
    samples = array("h")
    for _ in range(rate * seconds):
        samples.extend(max(-32767, min(32767, next(side))) for side in sides)
    if sys.byteorder == "big":
        samples.byteswap()
    content = samples.tobytes() * times
    Path(f"{kind}.pcm").write_bytes(content)
    with wave.open(f"{kind}.wav", "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(content)


for word in sys.argv[1:]:
    name, *numbers = word.split(":")
    write(name, *map(int, numbers))
