"""Hosts with addresses of their own, on one switch whose links can be cut.

A host is a network namespace; its cable is a pair of virtual devices whose other end is in the switch, a bridge of the
namespace that the tests run in. So the tests reach every host, also one that is cut off from the others.
"""

import subprocess

NETWORK = "10.93.0"


def command(*words):
    subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)


class Network:
    def __init__(self):
        command("ip", "link", "add", "switch", "type", "bridge")
        command("ip", "address", "add", f"{NETWORK}.1/24", "dev", "switch")
        command("ip", "link", "set", "switch", "up")
        command("nft", "add table bridge cuts")
        command("nft", "add chain bridge cuts forward { type filter hook forward priority 0; }")

    def host(self, name, number):
        """A host at the address of this number in the network."""
        address = f"{NETWORK}.{number}"
        command("ip", "netns", "add", name)
        command("ip", "link", "add", f"cable-{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
        command("ip", "link", "set", f"cable-{number}", "master", "switch", "up")
        for words in (["address", "add", f"{address}/24", "dev", "eth0"], ["link", "set", "lo", "up"], ["link", "set", "eth0", "up"]):
            command("ip", "-n", name, *words)
        return Host(name, address)

    def cut(self, one, other):
        """Whatever they send to each other is lost from now on, and neither is told."""
        for source, target in ((one, other), (other, one)):
            command("nft", f"add rule bridge cuts forward ip saddr {source.address} ip daddr {target.address} drop")

    def heal(self):
        """Nothing is cut any more."""
        command("nft", "flush chain bridge cuts forward")


class Host:
    def __init__(self, name, address):
        self.name, self.address = name, address

    def inside(self, *words):
        """The command line that runs `words` on this host; it becomes that process."""
        return ["ip", "netns", "exec", self.name, *(str(word) for word in words)]
