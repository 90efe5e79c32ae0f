"""What the figures are to be, and whether they are. An aim that nothing was measured for is left out."""

from typing import NamedTuple

from contenders import READING, TRANSACTIONS
from results import MIB

FLUSHES_AT_MOST = 6
PEAK_AT_MOST = 24 * MIB
UPDATES = ("update random", "update clustered")
ROLLBACKS = ("rollback random", "rollback clustered")


class Aim(NamedTuple):
    text: str
    figure: str
    met: bool


def _ratio_aim(text, ratio, at_most=None, at_least=None):
    """`ratio` is a Spread, or None if it was not measured."""
    if ratio is None:
        return
    met = ratio.median <= at_most if at_most is not None else ratio.median >= at_least
    spread = f" ({ratio.low:.2f}-{ratio.high:.2f})" if ratio.high > ratio.low else ""
    yield Aim(text, f"{ratio.median:.2f}{spread}", met)


def _faster(results, step, other):
    """How many times as fast as the other we are."""
    return results.ratio(step, "wall_s", above=other, below="ours")


def _constant(results):
    counted = [ours.flushes for step in TRANSACTIONS if (ours := results.find(step, "ours")) and ours.flushes is not None]
    if counted:
        yield Aim(f"{results.name}: flushes of a transaction, at most {FLUSHES_AT_MOST}", str(max(counted)),
                  max(counted) <= FLUSHES_AT_MOST)
    peaks = {step: ours.spread("peak_bytes").high for step in READING + TRANSACTIONS
             if (ours := results.find(step, "ours"))}
    if peaks:
        worst = max(peaks, key=peaks.get)
        yield Aim(f"{results.name}: peak memory, at most {PEAK_AT_MOST // MIB} MiB", f"{peaks[worst] / MIB:.1f} ({worst})",
                  peaks[worst] <= PEAK_AT_MOST)


def _updates(results):
    for step in UPDATES:
        yield from _ratio_aim(f"{results.name}: {step} / floor, wall, at most 2", results.ratio(step, "wall_s"), at_most=2)
        if results.name == "small":
            yield from _ratio_aim(f"small: {step}, times as fast as dpkg, at least 20", _faster(results, step, "dpkg"),
                                  at_least=20)
            yield from _ratio_aim(f"small: {step}, times as fast as ostree, at least 3", _faster(results, step, "ostree"),
                                  at_least=3)


def _rollbacks(results):
    for step in ROLLBACKS:
        ours = results.find(step, "ours")
        if ours is None:
            continue
        if results.name == "small":
            wall = ours.spread("wall_s")
            yield Aim(f"small: {step}, seconds, below 0.15", f"{wall.median:.3f} ({wall.low:.3f}-{wall.high:.3f})",
                      wall.median < 0.15)
        if ours.content_bytes is not None:
            yield Aim(f"{results.name}: {step}, bytes of content read or written, 0", str(ours.content_bytes),
                      ours.content_bytes == 0)


def _installs(results):
    if results.name == "small":
        yield from _ratio_aim("small: install / floor, CPU, at most 1.4", results.ratio("install", "cpu_s"), at_most=1.4)
        yield from _ratio_aim("small: install, times as fast as dpkg, at least 2.5", _faster(results, "install", "dpkg"),
                              at_least=2.5)
    if results.name == "image":
        yield from _ratio_aim("image: install / floor, wall, at most 1.05", results.ratio("install", "wall_s"),
                              at_most=1.05)


def _verify(results):
    if results.name == "image":
        yield from _ratio_aim("image: verify, times as fast as openssl dgst -sha256 over the image, at least 1.2",
                              _faster(results, "verify", "openssl image"), at_least=1.2)


def _create(results):
    label = f"{results.name}, level {results.level}"
    yield from _ratio_aim(f"{label}: create, times as fast as dpkg-deb -Zzstd, at least 1",
                          _faster(results, "create", "dpkg-deb"), at_least=1)
    sizes = results.created_bytes
    limit = {3: 5, 19: 12}.get(results.level)
    if results.name == "application" and limit is not None and sizes.get("ours") and sizes.get("tar|zstd"):
        larger = (sizes["ours"] / sizes["tar|zstd"] - 1) * 100
        yield Aim(f"{label}: larger than a solid tar | zstd, at most {limit} %", f"{larger:.1f} %", larger <= limit)


def aims(all_results):
    for part in (_constant, _updates, _rollbacks, _installs, _verify, _create):
        for results in all_results:
            yield from part(results)
