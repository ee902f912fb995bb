# SPDX-License-Identifier: Apache-2.0
"""What the stacks' resources are made of. Here nothing is made: a resource is there by being named."""
import urllib.parse


class Named:
    """Without moto. The objects are those of s3.py."""

    def __init__(self, objects):
        self.objects = objects

    def make(self, stack, wanted, name):
        """Makes it what `wanted` says, or leaves it where it is that. What it replaces is kept: see Stack.replaced. Raises Refused."""

    def take(self, stack, wanted, name, identifier):
        """What was there before belongs to the stack from now on."""

    def difference(self, stack, made):
        """The properties that others have changed since, or None where it is gone."""
        return {}

    def see(self, stack, name):
        """That it is no more what it was made, so that to make it makes it so again."""

    @staticmethod
    def stays(kind_before, before, kind, after):
        """Whether the one becomes the other in place."""
        return kind_before == kind

    def unmake(self, stack, made):
        """Takes away what was made. Raises Refused."""

    def object_at(self, account, region, path):
        """The text at a path "/bucket/key", or None."""
        found = self.objects.all.get(urllib.parse.unquote(path))
        return found.content.decode() if found else None

    def parameter(self, stack, name):
        """The value of a parameter in Systems Manager, or None."""

    def holds_objects(self, stack, bucket):
        return bool(self.objects.in_bucket(bucket))
