"""A database and its standby, which follows it by streaming and can take its place."""

import os
import secrets
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from network import NETWORK
from patience import until

SETTINGS = """
listen_addresses = '*'
unix_socket_directories = ''
timezone = 'UTC'
# The folder is thrown away: durability would only cost time.
fsync = off
full_page_writes = off
wal_keep_size = 256MB
"""
ACCESS = f"""
host all all {NETWORK}.0/24 scram-sha-256
host replication all {NETWORK}.0/24 scram-sha-256
"""
USER = "checks"
PASSWORD = secrets.token_hex(12)


def url(*hosts, options=""):
    """The database on whichever of the hosts."""
    return f"postgresql://{USER}:{PASSWORD}@{','.join(host.address for host in hosts)}/postgres{options}"


class Cluster:
    def __init__(self, host, folder, logs):
        self.host, self.folder = host, folder
        self.data, self.log = folder / "data", logs / f"{host.name}.log"
        self.url = url(host)
        folder.mkdir()
        shutil.chown(folder, "postgres", "postgres")
        self.log.touch()
        shutil.chown(self.log, "postgres", "postgres")

    def make(self):
        """An empty cluster."""
        password = self.folder / "password"
        password.write_text(PASSWORD)
        shutil.chown(password, "postgres", "postgres")
        self.run("initdb", "--pgdata", self.data, "--username", USER, "--pwfile", password, "--auth", "scram-sha-256",
                 "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        with open(self.data / "postgresql.conf", "a") as settings, open(self.data / "pg_hba.conf", "a") as access:
            settings.write(SETTINGS)
            access.write(ACCESS)

    def follow(self, primary):
        """Becomes the standby of `primary`, whatever it was."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.run("pg_basebackup", "--pgdata", self.data, "--dbname", primary.url, "--write-recovery-conf", "--checkpoint", "fast", "--no-sync")
        self.start()
        until("the standby follows", lambda: primary.query("select count(*) from pg_stat_replication where state = 'streaming'") == "1")

    def start(self):
        self.run("pg_ctl", "start", "--pgdata", self.data, "--log", self.log, "--wait", "--silent")

    def restart(self):
        self.run("pg_ctl", "restart", "--pgdata", self.data, "--log", self.log, "--mode", "fast", "--wait", "--silent")

    def promote(self):
        self.run("pg_ctl", "promote", "--pgdata", self.data, "--wait", "--silent")

    def kill(self):
        """All of its processes at once, as when the machine is lost."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        os.kill(postmaster, signal.SIGKILL)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        until("the cluster is gone", lambda: not Path(f"/proc/{postmaster}/cmdline").exists())
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def query(self, sql):
        """What the SQL prints, without headings or alignment."""
        words = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--dbname", self.url, "--command", sql]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{sql}: {ran.stderr}"
        return ran.stdout.strip()

    def run(self, program, *words):
        """PostgreSQL refuses to run as root."""
        programs = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        command = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", "env", f"HOME={self.folder}", f"{programs}/{program}", *words]
        # To a file: what it starts keeps it open.
        with open(self.log, "ab") as log:
            ran = subprocess.run(self.host.inside(*command), stdout=log, stderr=log, cwd=self.folder, check=False)
        assert ran.returncode == 0, f"{program}: {self.log.read_text()[-2000:]}"


class Databases:
    """The pair. After a failover the roles are changed."""

    def __init__(self, hosts, lab, logs):
        self.hosts = hosts
        self.primary, self.standby = (Cluster(host, lab / host.name, logs) for host in hosts)
        self.primary.make()
        self.primary.start()

    @property
    def url(self):
        """For the servers: whichever of the two can be written to."""
        return url(*self.hosts, options="?target_session_attrs=read-write")

    def caught_up(self):
        """Whether the standby has everything that was committed."""
        return self.primary.query("select count(*) from pg_stat_replication where replay_lsn = pg_current_wal_lsn()") == "1"

    def fail_over(self):
        """The primary is lost, the standby takes its place."""
        until("the standby has everything", self.caught_up)
        self.primary.kill()
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def make_standby(self):
        """What was lost comes back as the standby."""
        self.standby.follow(self.primary)
