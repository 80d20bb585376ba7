# What the scripts of this folder share: messages, stopping what was started, and the peers that the tests
# talk to (a private PostgreSQL cluster, a browser, Node packages, an SMTP server).
#
# To be sourced by a bash script that has set -euo pipefail. It works as root and as an ordinary user.
# shellcheck shell=bash

# A command that fails inside $(...) is a failure too.
shopt -s inherit_errexit

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
postgres_user=
postgres_bin=
postgres_dir=
running=
exit_status=0
exit_commands=()

# The SMTP peer of the scenarios. It is a program of its own, so its dependencies stay out of go.mod.
mailpit_version=v1.31.2

say() { printf '%s\n' "$*"; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" = 0 ]; }

# at_exit NAME runs the function NAME when the script ends, however it ends; the last one named runs first.
at_exit() { exit_commands+=("$1"); }

# stop_at_exit makes the script stop what it started on success, failure, Ctrl-C, hang-up and termination.
stop_at_exit() {
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap finish EXIT
}

finish() {
	exit_status=$?
	local i
	trap '' HUP INT TERM
	trap - EXIT
	set +e
	stop_running
	for ((i = ${#exit_commands[@]} - 1; i >= 0; i--)); do
		"${exit_commands[i]}"
	done
	exit "$exit_status"
}

# run COMMAND... runs a command or function in a process group of its own, so that whatever it has started can be
# stopped with it, and waits in a way that a signal can interrupt. A function must not be run in a condition or before
# || and &&: bash would then go on after a failure inside it.
run() {
	local status=0
	set -m
	"$@" </dev/null &
	running=$!
	set +m
	wait "$running" || status=$?
	stop_running
	return "$status"
}

stop_running() {
	[ -n "$running" ] || return 0
	if kill -TERM -- "-$running" 2>/dev/null; then
		wait "$running" 2>/dev/null || true
		kill -KILL -- "-$running" 2>/dev/null || true
	fi
	running=
}

# make_scratch sets scratch to a directory that is removed at exit, and makes it the home of every temporary
# file of this run, so that a test that was killed leaves nothing behind either.
make_scratch() {
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/chiave.XXXXXX")
	at_exit remove_scratch
	mkdir "$scratch/t"
	export TMPDIR=$scratch/t
}

remove_scratch() {
	chmod -R u+w "$scratch" 2>/dev/null
	rm -rf "$scratch"
}

# --- programs from the system's package manager ---------------------------------------------------------------

# find_postgres sets postgres_bin to the directory with the newest server programs; Debian keeps them out of PATH.
find_postgres() {
	local dir
	for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) /usr/local/pgsql/bin; do
		if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ]; then
			postgres_bin=$dir
			return 0
		fi
	done
	if have initdb && have pg_ctl; then
		postgres_bin=$(dirname "$(readlink -f "$(command -v initdb)")")
		return 0
	fi
	return 1
}

find_browser() {
	local name
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		if have "$name"; then
			command -v "$name"
			return 0
		fi
	done
	return 1
}

# The race detector links with a C compiler; a compiler without the C library's headers is not enough.
have_c_compiler() {
	have gcc && printf '#include <stdlib.h>\nint main(void){return 0;}\n' | gcc -x c -fsyntax-only - 2>/dev/null
}

# missing_packages prints the Debian packages that the tests need and the machine lacks.
missing_packages() {
	find_postgres || say postgresql
	find_browser >/dev/null || say chromium fonts-liberation
	have node || say nodejs
	have npm || say npm
	have_c_compiler || say gcc libc6-dev
	have git || say git
	[ -e /etc/ssl/certs/ca-certificates.crt ] || say ca-certificates
}

# need_packages installs what is missing, or says exactly what to install and ends.
need_packages() {
	local packages as=()
	have go || die "Go is not in PATH; the version to have is in go.mod (https://go.dev/dl)."
	mapfile -t packages < <(missing_packages | tr ' ' '\n')
	if [ "${#packages[@]}" -gt 0 ]; then
		is_root || as=(sudo)
		have apt-get || die "please install (Debian's names): ${packages[*]}"
		if ! is_root && ! { have sudo && sudo -n true 2>/dev/null; }; then
			die "some programs are missing. Please run:
    sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${packages[*]}"
		fi
		say "installing: ${packages[*]}"
		"${as[@]}" apt-get update -qq
		"${as[@]}" env DEBIAN_FRONTEND=noninteractive \
			apt-get install --yes --quiet --no-install-recommends "${packages[@]}"
		mapfile -t packages < <(missing_packages | tr ' ' '\n')
		[ "${#packages[@]}" = 0 ] || die "still missing after the installation: ${packages[*]}"
	fi
	find_postgres
	CHIAVE_TEST_CHROMIUM=$(find_browser)
	export CHIAVE_TEST_CHROMIUM
}

# --- PostgreSQL -------------------------------------------------------------------------------------------------

# start_postgres starts a cluster for this run alone and exports CHIAVE_TEST_POSTGRES, the DSN of its superuser.
# The server refuses to run as root, so root starts it as another user. It listens on loopback and asks for a
# password made for this run: a superuser of a cluster may run programs as the cluster's user.
#
# The cluster is thrown away, so it does without fsync. Its collation is a language's and not plain bytes where the
# server can do that, so that an ORDER BY that forgot COLLATE "C" shows.
start_postgres() {
	local password port collation=(--locale=C.UTF-8)
	[ -n "$postgres_bin" ] || find_postgres || die "PostgreSQL's server programs (initdb, pg_ctl) are missing."
	postgres_user=$(id -un)
	if is_root; then
		postgres_user=postgres
		id postgres >/dev/null 2>&1 || postgres_user=nobody
	fi
	postgres_dir=$(mktemp -d -p /tmp chiave-pg.XXXXXX)
	at_exit stop_postgres
	password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	(umask 077 && printf '%s\n' "$password" >"$postgres_dir/password")
	if is_root; then chown -R "$postgres_user" "$postgres_dir"; fi
	if "$postgres_bin/initdb" --help | grep -q -- --icu-locale; then
		collation+=(--locale-provider=icu --icu-locale=en)
	fi
	as_postgres "$postgres_bin/initdb" --pgdata="$postgres_dir/data" --username=chiave --encoding=UTF8 "${collation[@]}" \
		--auth=scram-sha-256 --pwfile="$postgres_dir/password" --no-sync >"$postgres_dir/initdb.log" 2>&1 ||
		die "initdb failed: $(cat "$postgres_dir/initdb.log")"
	port=$(start_postgres_on_free_port)
	export CHIAVE_TEST_POSTGRES="postgres://chiave:$password@127.0.0.1:$port/postgres?sslmode=disable"
}

# Two runs at once may pick the same port: the server decides who has it, and the other takes the next.
start_postgres_on_free_port() {
	local attempt port log=$postgres_dir/server.log
	for ((attempt = 0; attempt < 20; attempt++)); do
		port=$((20000 + RANDOM % 12000))
		if as_postgres "$postgres_bin/pg_ctl" -D "$postgres_dir/data" -l "$log" -w -s start -o \
			"-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$postgres_dir \
			-c fsync=off -c full_page_writes=off -c max_connections=300" >/dev/null 2>&1; then
			say "$port"
			return 0
		fi
		grep -q 'could not bind' "$log" || break
		as_postgres rm -f "$log"
	done
	die "PostgreSQL did not start: $(cat "$log")"
}

# as_postgres runs a command as the cluster's user, from a directory that this user can enter.
as_postgres() {
	if is_root; then
		(cd / && runuser -u "$postgres_user" -- "$@")
	else
		(cd / && "$@")
	fi
}

stop_postgres() {
	if [ -e "$postgres_dir/data/postmaster.pid" ]; then
		as_postgres "$postgres_bin/pg_ctl" -D "$postgres_dir/data" -m immediate -w -s stop
	fi
	rm -rf "$postgres_dir"
}

# --- other peers ------------------------------------------------------------------------------------------------

# need_mailpit builds the SMTP peer once per machine and exports CHIAVE_TEST_MAILPIT, its path. It is required by a
# module of its own because "go install path@version" wants a list of versions, which not every proxy has for it.
need_mailpit() {
	local dir=${XDG_CACHE_HOME:-$HOME/.cache}/chiave/mailpit-$mailpit_version
	if [ ! -x "$dir/mailpit" ]; then
		say "building mailpit $mailpit_version, once for this machine"
		mkdir -p "$dir"
		printf 'module mailpit\n\ngo 1.26.0\n\nrequire github.com/axllent/mailpit %s\n' "$mailpit_version" >"$dir/go.mod"
		run env -C "$dir" CGO_ENABLED=0 GOFLAGS=-mod=mod go build -o mailpit github.com/axllent/mailpit ||
			die "mailpit $mailpit_version, the mail server of the tests, could not be built."
	fi
	export CHIAVE_TEST_MAILPIT=$dir/mailpit
}

# need_node_packages installs the packages that only tests use: every package.json below a testdata directory.
need_node_packages() {
	local dir
	while IFS= read -r dir; do
		if ! cmp -s "$dir/package-lock.json" "$dir/node_modules/.installed-from"; then
			say "installing the Node packages of ${dir#"$repository"/}"
			(cd "$dir" && npm ci --no-audit --no-fund --no-update-notifier --ignore-scripts --loglevel=error </dev/null) ||
				die "npm ci failed in $dir"
			cp "$dir/package-lock.json" "$dir/node_modules/.installed-from"
		fi
	done < <(find "$repository" -name node_modules -prune -o -path '*/testdata/*' -name package.json -printf '%h\n' | sort)
}
