"""Bases of the tests in the small internet."""

import environment
import processes
from small_internet import small_internet
from transparent import TransparencyCase

PYTHON = "/usr/bin/python3"


def leave_out_supervised():
    """Under CI the program under test is there, and nothing is left out for it."""
    environment.skip("SAFE_TRACE is not set: only the bare half ran", kernel_could=True)


def go_client():
    """A static program with a resolver of its own, made where Go is."""
    try:
        return environment.program("network.go_client")
    except RuntimeError as error:
        return environment.skip("Go was not found when the tests were configured: %s" % error)


class NetworkCase(TransparencyCase):
    def setUp(self):
        self.net = small_internet()

    def supervised_prefix(self, options=()):
        if environment.safe_trace() is None:
            leave_out_supervised()
        return super().supervised_prefix(options)

    def client_env(self):
        return self.net.authority.client_variables()

    def run_in(self, world, argv, supervised, options=(), env=None, **how):
        env = dict(self.client_env(), **(env or {}))
        return super().run_in(world, argv, supervised, options, env,
                              preexec=processes.drop_ambient_capabilities, **how)

    def violations(self, world):
        return [event for event in self.trace(world).events
                if event.get("event.kind") == "alert"]


class BenignCase(NetworkCase):
    """`unseen`: the same output and status bare and supervised, and nothing to complain of."""

    allowed = ("registry.test",)

    def unseen(self, argv, allowed=None, **how):
        options = [word for host in (allowed or self.allowed)
                   for word in ("--allow-host", host)]
        worlds = []
        prepare = how.pop("prepare", None)

        def remember(world):
            worlds.append(world)
            if prepare:
                prepare(world)

        outcome = self.same(argv, prepare=remember, options=options, **how)
        trace = self.trace(worlds[-1])
        self.assertEqual([], self.violations(worlds[-1]), trace.describe() + outcome.describe())
        return trace

    def python(self, script, **how):
        return self.unseen([PYTHON, "-c", script], **how)


class HostileCase(NetworkCase):
    """`refused`: works bare, reaches nobody under safe-trace, and stands in the trace."""

    allowed = ("recorder.test",)

    def attempt(self, argv, supervised, options=None, **how):
        for host in (self.net.recorder, self.net.recorder_tls, self.net.stranger,
                     self.net.stranger_plain, self.net.resolver):
            host.clear()
        self.net.proxy.wanted.clear()
        world = self.new_world()
        if options is None:
            options = [word for host in self.allowed for word in ("--allow-host", host)]
        return world, self.run_in(world, argv, supervised, options, **how)

    def refused(self, argv, reached, named, **how):
        """`reached()`: whether the attack had what it wants. `named`: texts that one refused
        event of the trace must hold. Returns (world, outcome, event)."""
        _, bare = self.attempt(argv, False, **how)
        self.assertTrue(reached(), "bare, it does not work\n" + bare.describe())
        if environment.safe_trace() is None:
            leave_out_supervised()
        world, outcome = self.attempt(argv, True, **how)
        self.assertFalse(reached(), outcome.describe())
        trace = self.trace(world)
        found = [event for event in trace.find(contains=named, refused=True)]
        self.assertTrue(found, "not in the trace: %s\n%s\n%s" % (named, trace.describe(),
                                                                 outcome.describe()))
        for event in found:
            self.assertEqual("command", event.get("safe_trace.role"), event)
            self.assertIn("process.executable", event)
        return world, outcome, found[0]

    def python_refused(self, script, reached, named, **how):
        return self.refused([PYTHON, "-c", script], reached, named, **how)
