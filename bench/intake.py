"""Measure the way of a mail: from IMAP to the sent acknowledgement, beside two floors.

`python -m bench.intake` runs rounds; in each, both floors and the service (SQLite and PostgreSQL)
answer the same mails, and ratios are taken inside the round.  `--quick` takes less than a minute.
`--backlog`, `--growth` and `--big` are measured apart.  CPU is what counts: mails a second depend
on what else the machine does.  docs/performance.md holds figures and what they mean.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.crowd import fill
from bench.mails import make_mail
from bench.ours import GUARDS, Deployment, Drained, Transaction, deploy, warming_mails
from bench.servers import ROOT, Mailbox, Postgres, Sink, open_mailbox, open_postgres, open_sink

HAND: Final = "floor: hand-built bytes"
PLAIN: Final = "floor: plain library path"
SQLITE: Final = "ours, SQLite"
POSTGRES: Final = "ours, PostgreSQL"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where everything runs."""

    directory: Path
    mailbox: Mailbox
    sink: Sink
    postgres: Postgres | None

    def deploy(self, *, is_postgres: bool = False, reader: str = "simple") -> Deployment:
        """Prepare a service with nothing in it."""
        url = self.postgres.new_url() if is_postgres and self.postgres else ""
        return deploy(self.directory, self.mailbox, self.sink, url, reader)

    def database_cpu(self, place: Deployment) -> float:
        """Return the CPU seconds of a service's PostgreSQL; SQLite's are the service's own."""
        is_postgres = place.url.startswith("postgres")
        return self.postgres.cpu() if is_postgres and self.postgres else 0.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one contestant took in one round."""

    per_second: float
    cpu: float  # ms a mail, until the last answer
    settled: float  # ms a mail, all work behind it too
    servers: float = 0.0  # ms a mail: IMAP, SMTP sink, PostgreSQL


def main() -> None:
    """Measure what is asked for."""
    options = _options()
    mails = [make_mail(number, options.seed) for number in range(options.mails)]
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        ground = Ground(
            directory,
            stack.enter_context(open_mailbox(directory)),
            stack.enter_context(open_sink()),
            None if options.no_postgres else stack.enter_context(open_postgres()),
        )
        _tell_ground(ground, mails)
        for part, is_wanted in _PARTS.items():
            if is_wanted(options):
                part(ground, mails, options)


def _rounds(ground: Ground, mails: Sequence[bytes], options: argparse.Namespace) -> None:
    """Print each contestant's cost, and its ratio to the hand-built floor inside a round."""
    rounds: list[dict[str, Cost]] = []
    stages: list[dict[str, float]] = []
    for _ in range(options.rounds):
        costs = {HAND: _floor(ground, "hand", mails), PLAIN: _floor(ground, "plain", mails)}
        costs[SQLITE] = _ours(ground, mails)
        if ground.postgres is not None:
            costs[POSTGRES] = _ours(ground, mails, is_postgres=True)
        rounds.append(costs)
        stages.append(_staged(ground, mails))
    print(f"\n{options.rounds} rounds of {len(mails)} mails: median (range)")
    print(f"{'':28}{'mails/s':>18}{'CPU ms to sent':>20}{'CPU ms, all':>20}{'ratio':>20}")
    for name in rounds[0]:
        of = [one[name] for one in rounds]
        ratios = [one[name].settled / one[HAND].settled for one in rounds]
        print(
            f"{name:28}{_spread((c.per_second for c in of), 0):>18}"
            f"{_spread(c.cpu for c in of):>20}{_spread(c.settled for c in of):>20}"
            f"{_spread(ratios):>20}"
        )
        servers = statistics.median(c.servers for c in of)
        print(f"{'':28}  servers beside it: {servers:.1f} ms")
    print("\nCPU ms a mail by stage, SQLite, one stage after the other: median (range)")
    for name in stages[0]:
        print(f"  {name:26}{_spread(one[name] for one in stages):>20}")


def _idle(ground: Ground, _mails: Sequence[bytes], options: argparse.Namespace) -> None:
    """Print how long an acknowledgement takes when nothing else is to be done."""
    print(f"\nIdle, {options.idle} mails one by one, SQLite, ms: median, p95, longest")
    for reader in ("simple", "whole"):
        mails = [make_mail(10**6 + number, options.seed) for number in range(options.idle)]
        deployment = ground.deploy(reader=reader)
        with deployment.running():
            delays = deployment.idle_delays(mails)
        ours, whole = ([1000 * delay for delay in one] for one in zip(*delays, strict=True))
        for name, some in (("the server's push → answer", ours), ("delivery → answer", whole)):
            figures = f"{statistics.median(some):8.0f}{_share(some, 0.95):8.0f}{max(some):8.0f}"
            print(f"  {reader} classifier, {name:28}{figures}")


def _reading(ground: Ground, mails: Sequence[bytes], options: argparse.Namespace) -> None:
    """Print the cost with the classifier as it stands, its stages and its processes apart."""
    some = mails[: options.reading]
    floor = _floor(ground, "embed", some)
    deployment = ground.deploy(reader="whole")
    with deployment.running() as process:
        drained = deployment.drain(process, some)
    stages = deployment.stages()
    main, first = _cost(drained).settled, stages["first"]
    _tell_drained(f"With the classifier, {len(some)} mails, SQLite", drained)
    print(
        f"  main process {main:.1f} + first view {first:.1f} = {main + first:.1f} ms CPU a mail:"
        f" {(main + first) / floor.settled:.2f} times the floor that embeds 300 characters in line"
        f" ({floor.settled:.1f} ms)"
    )
    whole = 1000 * drained.cpu_workers / drained.mails
    print(
        f"  beside it: second model {stages['second']:.1f} ms, further views"
        f" {stages['further']:.1f} ms; its processes in all {whole:.1f} ms,"
        f" {drained.resident_workers[-1]:.0f} MB"
    )


def _backlog(ground: Ground, _mails: Sequence[bytes], options: argparse.Namespace) -> None:
    """Print the longest commit while a backlog is drained."""
    mails = [make_mail(number, options.seed) for number in range(options.backlog)]
    for name, is_postgres in ((SQLITE, False), (POSTGRES, True)):
        if is_postgres and ground.postgres is None:
            continue
        deployment = ground.deploy(is_postgres=is_postgres)
        with deployment.running() as process:
            drained = deployment.drain(process, mails)
        _tell_drained(f"Backlog of {len(mails)}, {name}", drained)
        _tell_transactions(deployment.transactions(drained.begun_at))


def _growth(ground: Ground, _mails: Sequence[bytes], options: argparse.Namespace) -> None:
    """Print the resident memory while very many mails go through."""
    mails = [make_mail(number, options.seed) for number in range(options.growth)]
    deployment = ground.deploy(reader="whole" if options.whole else "simple")
    with deployment.running() as process:
        drained = deployment.drain(process, mails, every=max(1, len(mails) // 10))
    _tell_drained(f"Growth over {len(mails)}, SQLite", drained)
    print("  main process, MB, at every tenth:", *(f"{mb:.0f}" for mb in drained.resident))
    if options.whole:
        print("  its processes, MB:", *(f"{mb:.0f}" for mb in drained.resident_workers))


def _big(ground: Ground, mails: Sequence[bytes], options: argparse.Namespace) -> None:
    """Print the cost of a mail beside few and beside many tickets."""
    for name, is_postgres in ((SQLITE, False), (POSTGRES, True)):
        if is_postgres and ground.postgres is None:
            continue
        costs: dict[int, list[Cost]] = {1000: [], options.big: []}
        seen: dict[int, list[Transaction]] = {count: [] for count in costs}
        places = {count: ground.deploy(is_postgres=is_postgres) for count in costs}
        for count, place in places.items():
            with place.running(is_warm=False):
                pass  # makes the tables
            fill(place.directory, count, place.url)
        for turn in range(options.rounds):
            some = [make_mail((turn + 1) * 10**7 + n, options.seed) for n in range(len(mails))]
            for count, place in places.items():
                with place.running() as process:
                    begun = ground.database_cpu(place)
                    drained = place.drain(process, some)
                    costs[count].append(_cost(drained, ground.database_cpu(place) - begun))
                seen[count] += place.transactions(drained.begun_at)
        print(f"\nCost beside tickets, {name}, {options.rounds} rounds of {len(mails)} mails")
        _tell_beside(costs, seen)


def _tell_beside(
    costs: Mapping[int, Sequence[Cost]], seen: Mapping[int, Sequence[Transaction]]
) -> None:
    whole = {count: [one.settled + one.servers for one in of] for count, of in costs.items()}
    for count, of in costs.items():
        ratios = [one / few for one, few in zip(whole[count], whole[1000], strict=True)]
        print(
            f"  {count:>9} tickets: {_spread(whole[count])} ms, the database's own"
            f" {_spread(one.servers for one in of)} of them,"
            f" {_spread((c.per_second for c in of), 0)} mails/s, ratio {_spread(ratios)}"
        )
        _tell_transactions(seen[count])


_Part = Callable[[Ground, Sequence[bytes], argparse.Namespace], None]
_PARTS: Final[dict[_Part, Callable[[argparse.Namespace], bool]]] = {
    _rounds: lambda options: options.rounds > 0 and not options.big,
    _idle: lambda options: options.idle > 0,
    _reading: lambda options: options.reading > 0,
    _backlog: lambda options: options.backlog > 0,
    _growth: lambda options: options.growth > 0,
    _big: lambda options: options.big > 0,
}


def _floor(ground: Ground, which: str, mails: Sequence[bytes]) -> Cost:
    user, password = ground.mailbox.new_user()
    ground.mailbox.deliver(user, mails)
    servers = ground.mailbox.cpu() + ground.sink.cpu()
    ports = (str(ground.mailbox.port), str(ground.sink.port))
    words = ("bench.floors", which, ports[0], user, password, ports[1], str(len(mails)))
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", *words],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    took = json.loads(done.stdout)
    count = took["mails"]
    cpu = took["cpu"] * 1000 / count
    servers = (ground.mailbox.cpu() + ground.sink.cpu() - servers) * 1000 / count
    return Cost(count / took["seconds"], cpu, cpu, servers=servers)


def _ours(ground: Ground, mails: Sequence[bytes], *, is_postgres: bool = False) -> Cost:
    deployment = ground.deploy(is_postgres=is_postgres)

    def servers() -> float:
        return ground.mailbox.cpu() + ground.sink.cpu() + ground.database_cpu(deployment)

    with deployment.running() as process:
        begun = servers()
        drained = deployment.drain(process, mails)
        return _cost(drained, servers() - begun)


def _cost(drained: Drained, servers: float = 0.0) -> Cost:
    each = 1000 / drained.mails
    return Cost(
        drained.answered / drained.seconds,
        drained.cpu * each,
        drained.cpu_settled * each,
        servers * each,
    )


def _staged(ground: Ground, mails: Sequence[bytes]) -> dict[str, float]:
    deployment = ground.deploy()
    ground.mailbox.deliver(deployment.user, warming_mails())
    ground.mailbox.settle()
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "bench.stages", str(deployment.config)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()  # it is warm
        ground.mailbox.deliver(deployment.user, mails)
        ground.mailbox.settle()
        process.stdin.write("go\n")
        process.stdin.close()
        costs: dict[str, float] = json.loads(process.stdout.readline())
    each = {name: cost * 1000 / len(mails) for name, cost in costs.items()}
    journal, read, send, *_ = each.values()
    return {**each, "= to queued": journal + read, "= to sent": journal + read + send}


def _tell_ground(ground: Ground, mails: Sequence[bytes]) -> None:
    sizes = [len(raw) for raw in mails]
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.1f}; IMAP: {ground.mailbox.name}"
    )
    print(
        f"{len(mails)} mails, one sender each: median {statistics.median(sizes) / 1e3:.1f} kB, mean"
        f" {statistics.mean(sizes) / 1e3:.1f} kB, largest {max(sizes) / 1e6:.2f} MB"
    )
    print("guards raised:", ", ".join(f"{name} = {limit}" for name, limit in GUARDS.items()))


def _tell_drained(title: str, drained: Drained) -> None:
    cost = _cost(drained)
    print(
        f"\n{title}: {drained.answered} answered, {cost.per_second:.0f} mails/s,"
        f" {cost.settled:.1f} ms CPU a mail, main process {drained.resident[-1]:.0f} MB"
    )


def _tell_transactions(seen: Sequence[Transaction]) -> None:
    whole = max(seen, key=lambda one: one.whole)
    print(
        f"  {len(seen)} transactions; longest from BEGIN to committed {whole.whole:.0f} ms"
        f" ({whole.whose}), p99 {_share([one.whole for one in seen], 0.99):.0f} ms;"
        f" longest COMMIT {max(one.commit for one in seen):.0f} ms"
    )


def _spread(figures: Iterable[float], digits: int = 2) -> str:
    some = list(figures)
    return f"{statistics.median(some):.{digits}f} ({min(some):.{digits}f}-{max(some):.{digits}f})"


def _share(figures: Sequence[float], share: float) -> float:
    """Return the figure that this share of them does not exceed."""
    return sorted(figures)[min(len(figures) - 1, int(len(figures) * share))]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m bench.intake")
    parser.add_argument("--mails", type=int, default=400, help="mails of one run")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; 0 leaves them out")
    parser.add_argument("--idle", type=int, default=40, help="mails one by one; 0 leaves it out")
    parser.add_argument("--reading", type=int, default=50, help="mails with the classifier")
    parser.add_argument("--backlog", type=int, default=0, help="mails of a backlog, e.g. 2000")
    parser.add_argument("--growth", type=int, default=0, help="mails of a long run, e.g. 10000")
    parser.add_argument("--whole", action="store_true", help="growth with the classifier, too")
    parser.add_argument("--big", type=int, default=0, help="tickets beside it, e.g. 1000000")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other mails")
    parser.add_argument("--quick", action="store_true", help="a look: 100 mails, one round")
    parser.add_argument("--no-postgres", action="store_true", help="SQLite only")
    options = parser.parse_args()
    if options.quick:
        options.mails, options.rounds, options.idle, options.reading = 100, 1, 5, 10
    return options


if __name__ == "__main__":
    main()
