# For the tests of the command line: sourced by each test_*.sh, which then speaks TAP.
#
#   run ARGS...              runs the program; leaves $code, files $out and $err
#   check NAME CONDITION...  one test: passes when the command CONDITION succeeds
#   fails NAME CODE TEXT ARGS...   the program must end with CODE and say TEXT (a regular expression) on standard error
#   tiny                     prints a scenario that runs in a blink
set -u
shopt -s lastpipe                       # `... | bad ...` counts in this shell
: "${BUILD:=build}" "${SANITIZED:=}"
plateau=${PLATEAU:-$PWD/$BUILD/plateau}
case $BUILD in /*) plateau=${PLATEAU:-$BUILD/plateau} ;; esac
hooked=${plateau}-test
root=$PWD
work=$(mktemp -d) || exit 3
out=$work/stdout err=$work/stderr code=0 number=0 failed=0
finish() {
    rm -rf "$work"
    echo "1..$number"
    [ "$failed" = 0 ]
}
trap 'finish; exit $?' EXIT
cd "$work" || exit 3

run() { "$plateau" "$@" > "$out" 2> "$err" < /dev/null; code=$?; }
check() {
    local name=$1
    shift
    number=$((number + 1))
    if "$@" > "$work/check" 2>&1; then echo "ok $number - $name"
    else
        failed=$((failed + 1))
        echo "not ok $number - $name"
        echo "# $* failed; exit code of the program $code; it said:"
        sed 's/^/# /' "$err" "$work/check" 2> /dev/null | head -n 20
    fi
}
skip() { number=$((number + 1)); echo "ok $number - $1 # SKIP $2"; }
said() { grep -Eq -- "$1" "$err"; }
fails() {
    local name=$1 expected=$2 text=$3
    shift 3
    run "$@"
    check "$name: exit $expected" [ "$code" = "$expected" ]
    check "$name: says why" said "$text"
}
tiny() {
    cat <<'YAML'
world:
  domains:
    math: {prompts: 32, held_out: 16, templates: 4, difficulty: {mean: 0.3, sd: 1.1}, guess: 0.07}
  strategies:
    solve: {kind: genuine, share: 0.7, ability: 0.4, steps: 2}
    guess: {kind: shortcut, share: 0.3}
algorithm: {group_size: 4, prompts: 8}
optimizer: {lr: 0.5}
stop: {steps: 20}
record: {every: 2}
replicates: 3
arms:
  base: {}
  slow: {optimizer.lr: 0.05}
YAML
}
# The same files below both run directories, provenance (which names the directory) apart.
same_run() {
    (cd "$1" && find . -type f ! -name provenance.json ! -name resolved.yaml | sort) > "$work/a"
    (cd "$2" && find . -type f ! -name provenance.json ! -name resolved.yaml | sort) > "$work/b"
    cmp "$work/a" "$work/b" && [ "$(wc -l < "$work/a")" -ge 3 ] || return 1
    while read -r f; do cmp "$1/$f" "$2/$f" || return 1; done < "$work/a"
}
