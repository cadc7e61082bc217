"""What the benches ask of a Salt that runs, by Salt's own library: run by the Python that Salt is installed in.

    python salt-load.py CONFIG_DIR WORK '{"argument": value, ...}'

Prints one line of JSON. Each work ends after its `seconds`, with what there is by then.
"""

import asyncio
import contextlib
import json
import multiprocessing
import os
import sys
import time

import salt.channel.client
import salt.client
import salt.config
import salt.utils.event
import tornado.ioloop
from salt.exceptions import SaltException

CONNECTING_SECONDS = 60


def ready(config, minions, seconds):
    """Until so many minions answer."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            answers = salt.client.LocalClient(config).cmd("*", "test.ping", timeout=5)
        except SaltException:
            answers = None  # The master itself is not there yet.
        if answers is not None and len(answers) >= minions:
            return {"ready": len(answers)}
        time.sleep(0.5)
    return {"ready": len(answers or ())}


def jobs(config, minions, count, at_once, seconds):
    """Each asked for by `LocalClient.run_job` and over when its return is heard; so many at a time, of one process."""
    client = salt.client.LocalClient(config)
    ears = listen(config)
    started = heard_at = time.monotonic()
    asked, returned = set(), set()
    while len(returned) < count and time.monotonic() < started + seconds:
        while len(asked) < min(count, len(returned) + at_once):
            asked.add(client.run_job(minions[len(asked) % len(minions)], "test.ping")["jid"])
        event = ears.get_event(wait=1, tag="salt/job/*/ret/*", match_type="fnmatch")
        if event and event["jid"] in asked - returned:
            returned.add(event["jid"])
            heard_at = time.monotonic()
    return {"returned": len(returned), "ms": (heard_at - started) * 1000}


def events(config, links, each, hear, seconds, together=1, per_second=0, alone=False, quiet=10, processes=2):
    """Fired by links of minions without a machine behind them, in a few processes; `hear` is the tag that counts each as done.

    At once, `per_second` of all links, or `alone`: the next when the last is done. `together`: so many in one request. Where
    nothing is heard for `quiet` seconds after the master has acknowledged all, or the only one, what is missing is lost.
    """
    crowd = [Crowd(config, [f"sim-{n}" for n in range(links)][part::processes]) for part in range(min(processes, links))]
    ears = listen(config)
    warm_up(crowd[0], ears, hear)
    started = heard_at = time.monotonic()
    until = started + seconds
    fired = links * each
    heard, lags, returned = 0, [], set()
    orders = each if alone else 1
    unacknowledged, acknowledged_at = orders * len(crowd), started
    ordered_at, before = started, -1
    while heard < fired and time.monotonic() < until:
        if orders and (heard > before or time.monotonic() > ordered_at + quiet):
            orders, before, ordered_at = orders - 1, heard, time.monotonic()
            for part in crowd:
                part.line.send((1 if alone else each, together, per_second / len(crowd)))
        event = ears.get_event(wait=1, tag=hear, match_type="fnmatch")
        now = time.monotonic()
        if event and event.get("cmd") == "_return":  # It can come twice: what its minion took for lost is sent again.
            event = None if event["jid"] in returned else event
            returned |= {event["jid"]} if event else set()
        if event:
            heard, heard_at = heard + 1, now
            inner = event.get("data")
            at = event.get("at") or (isinstance(inner, dict) and inner.get("at"))
            if at:
                lags.append((now - at) * 1000)
        for part in crowd:
            while part.line.poll():
                part.line.recv()
                acknowledged_at, unacknowledged = now, unacknowledged - 1
        if not unacknowledged and now > max(heard_at, acknowledged_at) + quiet:
            break
    for part in crowd:
        part.process.kill()
        part.process.join()
    gave_up = heard < fired and time.monotonic() >= until
    return {"fired": fired, "heard": heard, "gave_up": gave_up, "ms": (heard_at - started) * 1000, "lags": lags}


def warm_up(part, ears, hear):
    """Until one has come to its end: the reactor starts after the master answers, and what is fired before is lost."""
    until = time.monotonic() + CONNECTING_SECONDS
    done = None
    while not done:
        if time.monotonic() > until:
            raise TimeoutError(f"no {hear} in {CONNECTING_SECONDS} s")
        part.line.send((1, 1, 0))
        part.line.recv()
        done = ears.get_event(wait=3, tag=hear, match_type="fnmatch")
    while done:
        done = ears.get_event(wait=3, tag=hear, match_type="fnmatch")


def listen(config):
    return salt.utils.event.get_event("master", opts=salt.config.client_config(config), listen=True)


class Crowd:
    """Some minions' links in a process of its own, connected when this is made."""

    def __init__(self, config, ids):
        self.line, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=lambda: asyncio.run(connect(config, ids, theirs)), daemon=True)
        self.process.start()
        if not self.line.poll(CONNECTING_SECONDS):
            raise TimeoutError("the master did not let the links in")
        self.line.recv()


async def connect(config, ids, orders):
    master = salt.config.client_config(config)
    channels = []
    for own in ids:
        opts = salt.config.minion_config(None)
        opts.update(id=own, pki_dir=os.path.join(master["root_dir"], "links", own))
        opts.update(master_uri=f"tcp://127.0.0.1:{master['ret_port']}", master_ip="127.0.0.1")
        os.makedirs(opts["pki_dir"], exist_ok=True)
        channels.append(salt.channel.client.AsyncReqChannel.factory(opts, io_loop=tornado.ioloop.IOLoop.current()))
        await channels[-1].auth.authenticate()
    orders.send("connected")
    while True:
        each, together, per_second = orders.recv()
        pace = per_second / len(channels)
        await asyncio.gather(*(fire(channel, each, together, pace) for channel in channels))
        orders.send("acknowledged")


async def fire(channel, count, together, per_second):
    started = time.monotonic()
    for n in range(0, count, together):
        if per_second:
            await asyncio.sleep(max(0, started + n / per_second - time.monotonic()))
        made = [{"tag": "bench/fired", "data": {"n": n, "at": time.monotonic()}} for _ in range(together)]
        load = made[0] if together == 1 else {"events": made, "pretag": None}
        await channel.send({"cmd": "_minion_event", "id": channel.opts["id"], **load}, timeout=60)


if __name__ == "__main__":
    directory, work, arguments = sys.argv[1:]
    works = {"ready": ready, "jobs": jobs, "events": events}
    with contextlib.redirect_stdout(sys.stderr):  # Salt's library talks, too.
        found = works[work](os.path.join(directory, "master"), **json.loads(arguments))
    print(json.dumps(found))
