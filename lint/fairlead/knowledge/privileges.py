"""Which images start as root, and which programs give that up.

Sources: the Dockerfiles of the official images on Docker Hub, which set no USER; the pages of the programs.
"""

from __future__ import annotations

ROOT_IMAGES = frozenset(
    "alpine almalinux amazoncorretto amazonlinux archlinux bash buildpack-deps busybox centos clojure debian dart eclipse-temurin "
    "elixir erlang fedora gcc golang haskell ibmjava ibm-semeru-runtimes julia maven mono node openjdk oraclelinux perl php pypy "
    "python r-base rockylinux ruby rust sapmachine swift ubuntu".split()
)
"""Official images of distributions and languages, whose containers are root's unless a USER says otherwise."""

DROPPERS = frozenset("gosu su-exec setpriv s6-setuidgid chpst runuser su sudo start-stop-daemon".split())
"""Programs that run another one as another user."""

SERVERS_THAT_DROP = frozenset(
    "nginx httpd apache2 apache2ctl apachectl apache2-foreground php-fpm haproxy sshd cron crond".split()
)
"""Servers whose first process is root and whose workers are not."""
