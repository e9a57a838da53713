"""A sweep with ranks on two hosts, which are two network namespaces of this machine: names and addresses of their
own, a cable (veth) between them, and TCP as the only way from one to the other."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "jobs"))
import harness  # noqa: E402

SUBNET = "10.213.77"

# What mpirun calls instead of ssh: AGENT HOST COMMAND...
AGENT = """#!/bin/sh
host=$1
shift
exec ip netns exec "$host" unshare --uts sh -c "hostname $host; $*"
"""

# Ranks say where they are before they become infoplane.
RANK = """#!/bin/sh
hostname > "{folder}/rank-${{OMPI_COMM_WORLD_RANK:-$PMIX_RANK}}"
exec "{program}" "$@"
"""


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=30)


def why_not():
    """Why there can be no two hosts here; None when there can."""
    if os.geteuid() != 0:
        return "only root can make network namespaces"
    if shutil.which("ip") is None:
        return "there is no ip command (package iproute2)"
    name = f"probe{os.getpid()}"
    made = run("ip", "netns", "add", name)
    if made.returncode == 0:
        made = run("ip", "netns", "exec", name, "unshare", "--uts", "hostname", name)
        run("ip", "netns", "delete", name)
    return None if made.returncode == 0 else f"no network namespaces here ({made.stderr.strip()})"


class TwoHosts(harness.ProgramTest):
    def setUp(self):
        super().setUp()
        reason = why_not()
        if reason:
            self.skipTest(reason)
        self.hosts = [f"left{os.getpid()}", f"right{os.getpid()}"]
        names = pathlib.Path("/etc/netns")
        for host in self.hosts:
            self.need("ip", "netns", "add", host)
            self.addCleanup(run, "ip", "netns", "delete", host)
            # ip netns exec shows these as /etc/hosts.
            own = names / host
            own.mkdir(parents=True)
            self.addCleanup(shutil.rmtree, own)
            (own / "hosts").write_text("127.0.0.1 localhost\n" + "".join(
                f"{SUBNET}.{i} {name}\n" for i, name in enumerate(self.hosts, 1)))
        left, right = self.hosts
        self.need("ip", "link", "add", "veth0", "netns", left, "type", "veth", "peer", "name", "veth0", "netns", right)
        for i, host in enumerate(self.hosts, 1):
            self.need("ip", "-n", host, "address", "add", f"{SUBNET}.{i}/24", "dev", "veth0")
            self.need("ip", "-n", host, "link", "set", "veth0", "up")
            self.need("ip", "-n", host, "link", "set", "lo", "up")
        self.agent = self.script("agent", AGENT)
        self.rank = self.script("rank", RANK.format(folder=self.folder, program=harness.INFOPLANE))

    def need(self, *words):
        result = run(*words)
        self.assertEqual(result.returncode, 0, f"{' '.join(words)}: {result.stderr}")
        return result.stdout

    def script(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def on_both_hosts(self, ranks, *words):
        """mpirun on the left host, ranks on both."""
        hosts = ",".join(f"{host}:{(ranks + 1 - i) // 2}" for i, host in enumerate(self.hosts))
        settings = {"plm_rsh_agent": self.agent, "oob_tcp_if_include": "veth0", "btl": "self,tcp",
                    "btl_tcp_if_include": "veth0", "plm_rsh_no_tree_spawn": 1}
        # Open MPI 5 has its own names for the launcher's.
        env = {**os.environ, "PRTE_MCA_plm_ssh_agent": str(self.agent), "PRTE_MCA_oob_tcp_if_include": "veth0",
               "PRTE_MCA_prte_if_include": "veth0", "TMPDIR": tempfile.gettempdir()}
        env.pop("OMPI_MCA_btl", None)
        mca = [word for name, value in settings.items() for word in ("--mca", name, str(value))]
        mpirun = [harness.MPIEXEC, "--allow-run-as-root", "--oversubscribe", *mca, "--host", hosts, "-n", str(ranks),
                  str(self.rank), *map(str, words)]
        left = self.hosts[0]
        result = subprocess.run(
            ["ip", "netns", "exec", left, "unshare", "--uts", "sh", "-c", f'hostname {left}; exec "$@"', "sh", *mpirun],
            capture_output=True, text=True, timeout=harness.TIMEOUT_S, cwd=self.folder, env=env)
        self.assertEqual(result.returncode, 0, f"{result.stdout}\n{result.stderr}")
        where = [(self.folder / f"rank-{rank}").read_text().strip() for rank in range(ranks)]
        self.assertEqual(set(where), set(self.hosts), where)
        return result

    def bytes_received(self, host):
        text = self.need("ip", "netns", "exec", host, "cat", "/proc/net/dev")
        return int(next(line for line in text.splitlines() if "veth0" in line).split(":")[1].split()[0])

    def test_the_same_bits_as_on_one_host(self):
        # Rows enough that snapshots are cut and their parts travel.
        sweep = self.write_sweep(harness.SMALL_SWEEP.replace("rows = 300", "rows = 3000"))
        self.infoplane("run", sweep, "--out", "one-host", ranks=2)
        for ranks in (2, 3):
            with self.subTest(ranks=ranks):
                before = self.bytes_received(self.hosts[1])
                result = self.on_both_hosts(ranks, "run", sweep, "--out", f"two-hosts-{ranks}")
                self.assertGreater(self.bytes_received(self.hosts[1]), before)
                self.assertIn("on rank 1", result.stderr)
                self.assert_equal_runs("one-host", f"two-hosts-{ranks}")
                self.infoplane("verify", f"two-hosts-{ranks}")

    def test_what_one_host_began_two_go_on_with(self):
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "one-host")
        shutil.copytree(self.folder / "one-host", self.folder / "run")
        import h5py
        with h5py.File(self.folder / "run" / "activations.h5", "r+") as file:
            file["ledger/state"][1:3] = 1  # as after a kill
        with harness.results_being_written(self.folder / "run" / "results.nc") as file:
            file["trials/state"][1:3] = 1
        self.assertIn("resuming", self.on_both_hosts(2, "run", sweep, "--out", "run").stderr)
        self.assert_equal_runs("one-host", "run")


if __name__ == "__main__":
    harness.main()
