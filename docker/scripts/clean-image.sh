#!/usr/bin/env bash
# Remove what package installation leaves behind and what would differ between two builds.
set -euo pipefail
rm -rf /var/log/* /var/cache/ldconfig /var/cache/debconf/*-old /var/lib/dpkg/*-old /tmp/* /var/tmp/*
rm -f /var/lib/dpkg/lock* /var/lib/apt/lists/lock /var/cache/apt/archives/lock
rm -f /etc/apt/apt.conf.d/docker-clean /etc/machine-id
