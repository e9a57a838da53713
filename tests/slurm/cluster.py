"""A SLURM of one's own: slurmctld, slurmd and munged, private to a test.

They run as root on this machine from a configuration, sockets, ports and folders of their own, and are
stopped by their process ids. No containers, no cgroups, nothing of a SLURM that may be installed here.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE_S = 60
CPUS = 16  # that SLURM thinks the node has; what runs on them mostly sleeps

CONFIGURATION = """
ClusterName=infoplane
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld_port}
SlurmdPort={slurmd_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A requeued job waits for its old credential to expire; two minutes unless said.
AuthInfo=socket={folder}/munge/socket,cred_expire=5
StateSaveLocation={folder}/ctld
SlurmdSpoolDir={folder}/slurmd
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=0,batch_sched_delay=1
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
# Without this a job that has to make room is told nothing, only its steps are.
SlurmctldParameters=preempt_send_user_signal
JobRequeue=1
KillWait=5
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
# Jobs of `urgent` push those of `batch` out, and leave them 20 seconds; `steady` is left alone.
PartitionName=batch Nodes={host} Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=20 MaxTime=INFINITE
PartitionName=steady Nodes={host} PriorityTier=1 PreemptMode=OFF MaxTime=INFINITE
PartitionName=urgent Nodes={host} PriorityTier=10 PreemptMode=OFF MaxTime=INFINITE
"""


def why_not():
    """Why no cluster can be started here; None when it can."""
    if os.geteuid() != 0:
        return "only root can start SLURM's daemons"
    for program in ("slurmctld", "slurmd", "munged", "sbatch", "scontrol", "squeue"):
        if find(program) is None:
            return f"{program} is not installed (packages slurmctld, slurmd, slurm-client and munge)"
    return None


def find(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def release():
    """24 for SLURM 24.11.5."""
    said = subprocess.run([find("slurmctld"), "-V"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[1].split(".")[0])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="infoplane-slurm-"))
        self.processes = []
        os.chmod(self.folder, 0o755)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        host = socket.gethostname().split(".")[0]
        for name in ("munge", "ctld", "slurmd"):
            (self.folder / name).mkdir(mode=0o755)
        key = self.folder / "munge" / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        configuration = self.folder / "slurm.conf"
        configuration.write_text(CONFIGURATION.format(
            host=host, folder=self.folder, cpus=CPUS, ctld_port=free_port(), slurmd_port=free_port()))
        if release() >= 24:  # before, slurmd did without them by itself
            (self.folder / "cgroup.conf").write_text("CgroupPlugin=disabled\n")
        self.env = {**os.environ, "SLURM_CONF": str(configuration)}
        self.env["PATH"] += ":/usr/sbin:/sbin"
        munge = self.folder / "munge"
        self.spawn("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={munge}/socket",
                   f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed")
        self.wait_for(lambda: (munge / "socket").exists(), "munged")
        self.spawn("slurmctld", "-D", "-c")
        self.wait_for(lambda: self.call("scontrol", "ping", check=False).stdout.find("is UP") > 0, "slurmctld")
        self.spawn("slurmd", "-D")
        self.wait_for(lambda: self.call("sinfo", "-h", "-o", "%T").stdout.split()[:1] == ["idle"], "slurmd")

    def spawn(self, program, *words):
        with open(self.folder / f"{program}.out", "w") as out:
            # A session of its own: Ctrl-C on the test leaves it to stop().
            self.processes.append(subprocess.Popen([find(program), *words], env=self.env, stdout=out, stderr=out,
                                                   start_new_session=True))

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_for(self, holds, what):
        end = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > end or any(p.poll() is not None for p in self.processes):
                raise AssertionError(f"{what} did not start\n{self.logs()}")
            time.sleep(0.1)

    def logs(self):
        return "".join(f"--- {path}\n{path.read_text()[-3000:]}\n" for path in
                       [*self.folder.glob("*.log"), *self.folder.glob("*.out")])

    def call(self, *words, check=True):
        """Runs a command of SLURM's, or of ours, with this cluster as the one it sees."""
        return subprocess.run([str(word) for word in words], env=self.env, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=check)

    def facts(self, job):
        """What scontrol knows of a job: {"JobState": "RUNNING", ...}; of an array's, all its tasks joined."""
        text = self.call("scontrol", "show", "job", "-o", job).stdout
        return dict(word.split("=", 1) for word in text.split() if "=" in word)

    def wait_until(self, job, holds, what, patience_s=PATIENCE_S):
        """Until holds(facts); returns them."""
        end = time.monotonic() + patience_s
        while True:
            facts = self.facts(job)
            if holds(facts):
                return facts
            if time.monotonic() > end:
                raise AssertionError(f"job {job} is not {what} after {patience_s} s: {facts}\n{self.logs()}")
            time.sleep(0.2)

    def wait_for_end(self, job, patience_s=PATIENCE_S):
        """COMPLETED, FAILED, CANCELLED, ...: a job that waits to be started again has not ended."""
        running = ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED", "PREEMPTED", "SUSPENDED")
        return self.wait_until(job, lambda facts: facts["JobState"] not in running, "finished", patience_s)
