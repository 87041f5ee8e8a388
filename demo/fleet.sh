#!/bin/sh
# The fleet of `baton demo`: three sshd of one's own on loopback, each with a key, a home and an
# environment of its own, a git remote, and a controller's baton.yaml, all below one folder.
#
#   fleet.sh up DIR SSH_PORT APP_PORT ENGINE OWNER   ENGINE: process or compose; OWNER: pid of the demo,
#                                                    0: the fleet outlives it
#   fleet.sh release DIR VERSION                     a commit of the shop, tagged and on main
#   fleet.sh serving DIR                             what each host answers over HTTP
#   fleet.sh down DIR                                ends and removes all of it
set -eu
umask 077
verb=${1:?up, release, serving or down}
dir=${2:?the folder of the fleet}
hosts='thinkpad rtx1080 vps'

die() { echo "demo: $*" >&2; exit 1; }
address() { case $1 in thinkpad) echo 127.0.0.11 ;; rtx1080) echo 127.0.0.12 ;; vps) echo 127.0.0.13 ;; esac; }

# What the hosts are like: the vps was never given a currency, rtx1080 is short of memory.
currency() { case $1 in vps) echo '' ;; *) echo EUR ;; esac; }
memory() { case $1 in rtx1080) echo 8 ;; *) echo 32 ;; esac; }

# --- up

make_key() { ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1"; }
public_key() { cut -d ' ' -f 1,2 "$1.pub"; }

make_host() {
    own=$dir/$1
    mkdir -p "$own/home"
    make_key "$own/host_key" "$1"
    public_key "$dir/controller/id_ed25519" >"$own/authorized_keys"
    printf '[user]\n\tname = shop\n\temail = shop@%s.invalid\n' "$1" >"$own/gitconfig"
    # What a login of this host is: its own home and environment, nothing of the machine's.
    cat >"$own/login" <<END
#!/bin/sh
cd '$own/home' || exit 1
if [ -z "\${SSH_ORIGINAL_COMMAND:-}" ]; then set --; else set -- -c "\$SSH_ORIGINAL_COMMAND"; fi
exec env -i HOME='$own/home' USER='$user' LOGNAME='$user' SHELL=/bin/sh LANG=C.UTF-8 \\
    PATH='$PATH:/usr/sbin:/sbin' BATON_DEMO='$dir' GIT_CONFIG_GLOBAL='$own/gitconfig' \\
    DOCKER_HOST='${DOCKER_HOST:-unix:///var/run/docker.sock}' DOCKER_CONFIG='${DOCKER_CONFIG:-$HOME/.docker}' \\
    PS1='$1\$ ' /bin/sh "\$@"
END
    chmod 700 "$own/login"
    cat >"$own/sshd_config" <<END
ListenAddress $(address "$1"):$ssh_port
HostKey $own/host_key
PidFile $own/sshd.pid
AuthorizedKeysFile $own/authorized_keys
ForceCommand $own/login
AllowUsers $user
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
PrintMotd no
UsePAM no
SetEnv SHLVL=2
END
    echo "[$(address "$1")]:$ssh_port $(public_key "$own/host_key")" >>"$dir/controller/known_hosts"
    printf 'Host %s\n  HostName %s\n  Port %s\n' "$1" "$(address "$1")" "$ssh_port" >>"$dir/controller/ssh_config"
}

sshd=$(PATH=$PATH:/usr/sbin:/sbin command -v sshd || true)

start_sshd() {
    # sshd as root wants this folder, which a service of the system would have made
    if [ "$(id -u)" = 0 ] && [ ! -d /run/sshd ]; then mkdir -m 755 /run/sshd; touch "$dir/made-run-sshd"; fi
    for host in $hosts; do
        "$sshd" -f "$dir/$host/sshd_config" -E "$dir/$host/sshd.log"
    done
}

stop_sshd() {
    for host in $hosts; do
        pid=$(cat "$dir/$host/sshd.pid" 2>/dev/null) || continue
        if grep -qaF "$dir/$host/sshd_config" "/proc/$pid/cmdline" 2>/dev/null; then kill "$pid" || true; fi
        tries=50
        while [ $tries -gt 0 ] && grep -qs 'State:.[^Z]' "/proc/$pid/status"; do
            tries=$((tries - 1))
            sleep 0.1
        done
        rm -f "$dir/$host/sshd.pid"
    done
}

answers() {
    for host in $hosts; do
        tries=30
        until "$dir/controller/bin/ssh" "$host" true 2>"$dir/$host/ssh.err"; do
            tries=$((tries - 1))
            # only "refused" can get better by itself
            { [ $tries -gt 0 ] && grep -q refused "$dir/$host/ssh.err"; } || return 1
            sleep 0.1
        done
    done
}

write_config() {
    {
        echo '# The file that baton demo runs with. With machines of your own: baton init'
        echo 'fleet: shop'
        echo 'hosts:'
        for host in $hosts; do
            printf '  %-9s {address: %s, port: %s, vars: {LISTEN: "%s:%s", CURRENCY: "%s", MEMORY_GB: %s}}\n' \
                "$host:" "$(address "$host")" "$ssh_port" "$(address "$host")" "$app_port" \
                "$(currency "$host")" "$(memory "$host")"
        done
        printf 'stack:\n  repository: %s\n  path: ~/shop\n' "$dir/origin.git"
        if [ "$engine" = compose ]; then
            printf '  compose: {images: build}\n'
        else
            printf '  command: {start: ./shop.sh start, stop: ./shop.sh stop, status: ./shop.sh status}\n'
        fi
        printf '  health:\n    steady: 1s\n    interval: 200ms\n    deadline: %s\n' \
            "$([ "$engine" = compose ] && echo 20s || echo 3s)"
        # shellcheck disable=SC2016   # ${host} is for baton
        printf '    checks: [{http: "http://${host}:%s/health"}]\n' "$app_port"
        echo 'stages:'
        for host in $hosts; do
            role=$(case $host in thinkpad) echo staging ;; rtx1080) echo production ;; vps) echo public ;; esac)
            more=
            [ "$host" != vps ] || more=', retry: {attempts: 3, base: 1s}'
            [ "$engine" != compose ] || more="$more, compose: {project: baton-demo-$host}"
            printf '  %-9s {role: %s%s}\n' "$host:" "$role" "$more"
        done
        echo 'tests: {on: controller, command: [./shop_test.sh]}'
        echo 'pre_flight: {disk_free: 100MB}'
    } >"$dir/controller/baton.yaml"
}

up() {
    ssh_port=${3:?} app_port=${4:?} engine=${5:?} owner=${6:?}
    user=$(id -un)
    [ -n "$sshd" ] || die "no sshd on this machine: install openssh-server (its service need not run)"
    mkdir -p "$dir/controller/bin" "$dir/source"
    echo "$app_port" >"$dir/app-port"
    echo "$engine" >"$dir/engine"
    make_key "$dir/controller/id_ed25519" controller
    for host in $hosts; do make_host "$host"; done
    cat >>"$dir/controller/ssh_config" <<END
Host *
  User $user
  IdentityFile $dir/controller/id_ed25519
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile $dir/controller/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
END
    # The demo reads an ssh config of its own and leaves yours alone.
    printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$dir/controller/ssh_config" >"$dir/controller/bin/ssh"
    chmod 700 "$dir/controller/bin/ssh"
    git init -q --bare -b main "$dir/origin.git"
    git -c init.defaultBranch=main clone -q "$dir/origin.git" "$dir/source" 2>/dev/null
    write_config
    if [ "$engine" = compose ]; then base_image; fi
    start_sshd
    if ! answers; then
        # an account without a password counts as locked, unless PAM is asked
        stop_sshd
        for host in $hosts; do sed -i 's/^UsePAM no/UsePAM yes/' "$dir/$host/sshd_config"; done
        start_sshd
        answers || { tail -n 3 "$dir"/*/sshd.log "$dir"/*/ssh.err >&2; die "cannot log in to the demo's own sshd"; }
    fi
    if [ "$owner" != 0 ]; then
        # should the demo be killed, its fleet goes too
        setsid sh "$0" guard "$dir" "$owner" </dev/null >/dev/null 2>&1 &
    fi
}

guard() {
    echo $$ >"$dir/guard.pid"
    while kill -0 "$3" 2>/dev/null; do sleep 1; done
    exec sh "$0" down "$dir"
}

# --- the shop and its releases

commit_shop() {
    git -C "$dir/source" add -A
    git -C "$dir/source" -c user.name=shop -c user.email=shop@shop.invalid commit -q -m "shop $1"
    git -C "$dir/source" tag "$1"
    git -C "$dir/source" push -q origin HEAD:main "$1" 2>/dev/null
}

release() {
    version=${3:?}
    # of one release the next: what each needs or gets wrong
    needs_currency=no needs_memory=4 rebate=0
    case $version in
        1.1.0) needs_currency=yes ;;
        1.2.0) needs_memory=16 ;;
        1.3.0) rebate=3 ;;
    esac
    cp "$(dirname "$0")"/shop/* "$dir/source/"
    chmod 755 "$dir/source/shop.sh" "$dir/source/shop_test.sh"
    printf 'VERSION=%s\nNEEDS_CURRENCY=%s\nNEEDS_MEMORY_GB=%s\nREBATE=%s\n' \
        "$version" $needs_currency $needs_memory $rebate >"$dir/source/shop.conf"
    commit_shop "$version"
}

base_image() {
    mkdir -p "$dir/image/bin" "$dir/image/tmp"
    cp "$(command -v busybox)" "$dir/image/bin/busybox"
    for applet in sh cat mkdir rm grep httpd wget sleep kill; do ln -s busybox "$dir/image/bin/$applet"; done
    tar -C "$dir/image" --owner 0 --group 0 -cf - . | docker import - baton-demo-base:1 >/dev/null
}

# --- what the hosts themselves say

serving() {
    port=$(cat "$dir/app-port")
    for host in $hosts; do
        said=$(curl -s -m 3 "http://$(address "$host"):$port/version") || said='no answer'
        printf '    %-9s http://%s:%s/version  ->  %s\n' "$host" "$(address "$host")" "$port" "$said"
    done
}

# --- down

down() {
    [ -d "$dir" ] || return 0
    [ -e "$dir/origin.git" ] || [ -e "$dir/controller" ] || die "$dir is no fleet of the demo"
    if [ "$(cat "$dir/engine" 2>/dev/null)" = compose ]; then
        for host in $hosts; do
            ids=$(docker ps -aq --filter "label=com.docker.compose.project=baton-demo-$host") || ids=
            # shellcheck disable=SC2086   # one word an id
            [ -z "$ids" ] || docker rm -fv $ids >/dev/null
            docker network rm "baton-demo-${host}_default" >/dev/null 2>&1 || true
        done
        images=$(docker images -q --filter 'label=baton.demo' | sort -u) || images=
        # shellcheck disable=SC2086
        [ -z "$images" ] || docker rmi -f $images >/dev/null 2>&1 || true
        docker rmi -f baton-demo-base:1 >/dev/null 2>&1 || true
    fi
    stop_sshd
    guard=$(cat "$dir/guard.pid" 2>/dev/null) || guard=
    if [ -n "$guard" ] && [ "$guard" != $$ ] && grep -qaF "$dir" "/proc/$guard/cmdline" 2>/dev/null; then
        kill "$guard" 2>/dev/null || true
    fi
    # what runs on the hosts carries the demo's mark
    for process in /proc/[0-9]*; do
        if grep -qsxzF "BATON_DEMO=$dir" "$process/environ" && [ "${process#/proc/}" != $$ ]; then
            kill -KILL "${process#/proc/}" 2>/dev/null || true
        fi
    done
    [ ! -e "$dir/made-run-sshd" ] || rmdir /run/sshd 2>/dev/null || true
    rm -rf "$dir"
}

case $verb in
    up | guard | release | serving | down) "$verb" "$@" ;;
    *) die "no such verb: $verb" ;;
esac
