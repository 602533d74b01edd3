#!/usr/bin/env bash
# Puts a PostgreSQL server within reach of the tests of the history kept on one.
#
# Debian's and Ubuntu's package; the tests start a server of their own from it,
# on a port and in a folder of their own, so that the one which the package
# would start by itself is not made.
set -euo pipefail

fail() {
  echo "get-postgres: $*" >&2
  exit 1
}

compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null && exit 0
command -v apt-get >/dev/null || fail "this is not Debian"
[ "$(id -u)" = 0 ] || fail "the package can be installed by root only"

install() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$1" >&2 ||
    fail "the package $1 cannot be installed"
}

apt-get -qq update >&2 || fail "the lists of packages cannot be read"
install postgresql-common
sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
install postgresql
