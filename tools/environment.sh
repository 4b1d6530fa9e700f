#!/bin/sh
# Finds a Python that fits and lets it make an environment: environment.sh ENVIRONMENT LOCK
# On Debian as root it installs what is missing; otherwise it says what to install, in Vietnamese and in English.
set -eu

here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() { # the locks are made for 3.11, so it comes first
    for name in "${VONGGAC_PYTHON:-}" python3.11 python3 python3.12 python3.13 python3.14; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && fits "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

install() { # as root on Debian and its kin only
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    echo "vonggac: đang cài / installing: $*" >&2
    apt-get update -qq >/dev/null 2>&1 || :
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

if ! python=$(find_python); then
    if ! { install python3 python3-venv && python=$(find_python); }; then
        seen=$(python3 --version 2>&1) || seen=-
        cat >&2 <<END
vonggac: cần Python 3.11 trở lên; tìm thấy: $seen
         Trên Debian 12 hoặc Ubuntu 24.04 trở lên, với quyền quản trị: apt-get install python3-venv
vonggac: Python 3.11 or newer is needed; found: $seen
         On Debian 12 or Ubuntu 24.04 or newer, as root: apt-get install python3-venv
END
        exit 1
    fi
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if ! { install python3-venv && "$python" -c 'import ensurepip, venv' 2>/dev/null; }; then
        cat >&2 <<END
vonggac: $python thiếu mô-đun venv hoặc ensurepip.
         Trên Debian hoặc Ubuntu, với quyền quản trị: apt-get install python3-venv
vonggac: $python lacks the module venv or ensurepip.
         On Debian or Ubuntu, as root: apt-get install python3-venv
END
        exit 1
    fi
fi

exec "$python" "$here/environment.py" "$@"
