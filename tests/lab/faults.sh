# shellcheck shell=bash
# The faults of `lab fault`, sourced by `lab`. Fault x-y is the function
# fault_x_y (on) and, unless it heals by itself, heal_x_y (off). Both get the
# host and the fault's arguments. A directory faults/ per host records what is on.
# shellcheck disable=SC2154   # the variables are lab's

fault_help=(
    "power-off                 the host is off; heal boots it from its disk"
    "link-down                 its cable is out: no answer, then 'no route to host'"
    "blackhole                 all that reaches it is dropped: connections time out"
    "loss [PERCENT=30]         that share of the packets that reach it is dropped"
    "slow-link [RATE=64kbit]   the link passes no more than that, both ways"
    "sshd-down                 nothing listens on port 22: connection refused"
    "sshd-hang                 sshd is stopped: connections open, then nothing"
    "sessions-cut              once: all ssh sessions die (what they ran may live on)"
    "freeze                    every process of the host is stopped, TCP still answers"
    "no-auth                   the controller's key is no longer accepted"
    "hostkey-change            sshd has another host key: known_hosts is wrong"
    "known-hosts-lost          the controller's known_hosts has no line for the host"
    "docker-down               the engine is stopped, its containers with it"
    "docker-hang               the engine's daemon is stopped: docker commands hang"
    "disk-full [MB=100]        only that many MB stay free (9000: under 10 GB)"
    "disk-readonly             /home cannot be written"
    "slow-cmd CMD [SECONDS=30] CMD starts so much later"
    "fail-cmd CMD [CODE=1]     CMD only fails"
    "clock OFFSET              logins see that clock, as '+2h' or '-40d' (needs faketime;"
    "                          docker and other static programs see the true one)"
    "git-lock                  a stale .git/index.lock in ~/app"
    "git-dirty                 an uncommitted change of a tracked file in ~/app"
    "git-diverged              a commit in ~/app that origin does not have"
    "app-crash                 once: the app's process is killed (its restart policy acts)"
    "app-unhealthy             the running app answers 404 at /health from now on"
    "port-taken                another process holds port 8080 (deploy nothing before it)"
    "secrets-changed           the source has other secrets: sync-secrets.sh status fails"
    "secrets-missing           the source has no secrets for the host"
    "snapshot-fail             snapshot actions fail"
    "snapshot-slow [SECONDS=30] snapshot actions take so much longer"
)

list_faults() { printf '%s\n' "${fault_help[@]}"; }

add_fault() {
    local host=$1 fault=${2:-} record
    need_host "$host"
    declare -F "fault_${fault//-/_}" >/dev/null || fail "no such fault: $fault (see lab fault)"
    record=$(host_dir "$host")/faults/$fault
    [[ ! -e $record ]] || fail "$host has that fault already"
    "fault_${fault//-/_}" "$host" "${@:3}"
    ! declare -F "heal_${fault//-/_}" >/dev/null || printf '%s\n' "${@:3}" >"$record"
}

heal_faults() { # [HOST [FAULT]]
    local host record fault arguments
    [[ -z ${1:-} || $1 == all ]] || need_host "$1"
    for host in "${all_hosts[@]}"; do
        [[ -z ${1:-} || $1 == all || $1 == "$host" ]] || continue
        # power first: the other faults are healed on the running host
        for fault in power-off freeze $(find "$(host_dir "$host")/faults" -mindepth 1 -printf '%f\n'); do
            record=$(host_dir "$host")/faults/$fault
            [[ -e $record && ${2:-$fault} == "$fault" ]] || continue
            mapfile -t arguments <"$record"
            "heal_${fault//-/_}" "$host" "${arguments[@]}"
            rm "$record"
        done
    done
}

# --- the host and its link

# The kernel takes the dead host's link away a little later, and until then answers for it.
fault_power_off() {
    end_host "$1"
    in_controller ip link delete "v-$1" 2>/dev/null || true
}
heal_power_off() {
    boot_host "$1"
    wait_host "$1"
}

fault_link_down() { in_controller ip link set "v-$1" down; }
heal_link_down() { in_controller ip link set "v-$1" up; }

raw_rule() { # -I|-D HOST WHAT...: on what comes in from outside
    in_host "$2" iptables -w -t raw "$1" PREROUTING -i eth0 "${@:3}" -j DROP
}
fault_blackhole() { raw_rule -I "$1"; }
heal_blackhole() { raw_rule -D "$1"; }
fault_loss() { raw_rule -I "$1" -m statistic --mode random --probability "$(percent "${2:-30}")"; }
heal_loss() { raw_rule -D "$1" -m statistic --mode random --probability "$(percent "${2:-30}")"; }
percent() { printf '0.%02d\n' "$1"; }

fault_slow_link() {
    in_controller tc qdisc add dev "v-$1" root tbf rate "${2:-64kbit}" burst 4kb latency 2s
    in_host "$1" tc qdisc add dev eth0 root tbf rate "${2:-64kbit}" burst 4kb latency 2s
}
heal_slow_link() {
    in_controller tc qdisc del dev "v-$1" root
    in_host "$1" tc qdisc del dev eth0 root
}

# PID 1 and the caller are spared by kill -1
fault_freeze() { in_host "$1" /bin/bash -c 'kill -STOP -1'; }
heal_freeze() { in_host "$1" /bin/bash -c 'kill -CONT -1'; }

# --- sshd

fault_sshd_down() { svc "$1" stop sshd; }
heal_sshd_down() { svc "$1" start sshd; }

signal_service() { # HOST SERVICE SIGNAL
    local pid
    pid=$(svc "$1" pid "$2") || fail "$2 does not run on $1"
    in_host "$1" kill "-$3" "$pid"
}
fault_sshd_hang() { signal_service "$1" sshd STOP; }
heal_sshd_hang() { signal_service "$1" sshd CONT; }

fault_sessions_cut() { in_host "$1" pkill -KILL -f '^sshd: .*@(pts|notty)' || true; }

authorized_keys() { if [[ $1 == origin ]]; then echo /home/git/.ssh/authorized_keys; else echo /home/deploy/.ssh/authorized_keys; fi; }
fault_no_auth() { in_host "$1" mv "$(authorized_keys "$1")"{,.off}; }
heal_no_auth() { in_host "$1" mv "$(authorized_keys "$1")"{.off,}; }

fault_hostkey_change() {
    in_host "$1" /bin/bash -ec 'cd /etc/ssh
        mv ssh_host_ed25519_key ssh_host_ed25519_key.good
        ssh-keygen -q -t ed25519 -N "" -f ssh_host_ed25519_key'
    svc "$1" restart sshd
}
heal_hostkey_change() {
    in_host "$1" mv /etc/ssh/ssh_host_ed25519_key.good /etc/ssh/ssh_host_ed25519_key
    svc "$1" restart sshd
}

fault_known_hosts_lost() { sed -i "/^$1,/d" "$LAB_DIR/known_hosts"; }
heal_known_hosts_lost() { grep "^$1," "$LAB_DIR/known_hosts.good" >>"$LAB_DIR/known_hosts"; }

# --- engine, disk, programs

fault_docker_down() { svc "$1" stop dockerd; }
heal_docker_down() { svc "$1" start dockerd; }
fault_docker_hang() { signal_service "$1" dockerd STOP; }
heal_docker_hang() { signal_service "$1" dockerd CONT; }

# Reserved, not written: the machine's own disk does not fill.
fault_disk_full() {
    [[ $(store_of "$1") == btrfs ]] || fail "disk-full needs the lab to run as root"
    # shellcheck disable=SC2016
    in_host "$1" /bin/bash -ec '
        free=$(df --output=avail -BM /pool | tail -n 1 | tr -dc 0-9)
        fallocate -l $((free - $1))M /pool/fill' - "${2:-100}"
}
# btrfs gives the space back with the next commit
heal_disk_full() { in_host "$1" /bin/bash -c 'rm -f /pool/fill; sync -f /pool'; }

fault_disk_readonly() { in_host "$1" mount -o remount,bind,ro /home; }
heal_disk_readonly() { in_host "$1" mount -o remount,bind,rw /home; }

wrap() { # HOST CMD LINE: LINE runs in CMD's place, $real being the real one
    [[ $2 =~ ^[a-z0-9._-]+$ ]] || fail "which command?"
    # shellcheck disable=SC2016
    in_host "$1" /bin/bash -ec '
        real=$(PATH=/usr/sbin:/usr/bin command -v "$1") || { echo "no such command: $1" >&2; exit 1; }
        file=/usr/local/bin/$1
        [[ ! -e $file ]] || { echo "$1 cannot be wrapped" >&2; exit 1; }
        printf "#!/bin/sh\nreal=%s\n%s\n" "$real" "$2" >"$file"
        chmod 755 "$file"' - "$2" "$3"
}
fault_slow_cmd() { wrap "$1" "${2:-}" "sleep ${3:-30}; exec \"\$real\" \"\$@\""; }
heal_slow_cmd() { in_host "$1" rm -f "/usr/local/bin/$2"; }
fault_fail_cmd() { wrap "$1" "${2:-}" "echo \"${2:-}: made to fail\" >&2; exit ${3:-1}"; }
heal_fail_cmd() { in_host "$1" rm -f "/usr/local/bin/$2"; }

fault_clock() {
    local library
    library=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit)
    [[ -n $library ]] || fail "clock needs the package faketime"
    [[ ${2:-} =~ ^[-+][0-9]+[smhdy]?$ ]] || fail "clock wants an offset such as +2h or -40d"
    in_host "$1" sed -i "1i SetEnv LD_PRELOAD=$library FAKETIME=$2" /etc/ssh/sshd_config
    svc "$1" restart sshd
}
heal_clock() {
    in_host "$1" sed -i '/^SetEnv LD_PRELOAD/d' /etc/ssh/sshd_config
    svc "$1" restart sshd
}

# --- the checkout and the app

deploy_sh() { # HOST SCRIPT: as deploy in ~/app, past sshd
    in_host "$1" setpriv --reuid "$deploy_uid" --regid "$deploy_uid" --init-groups \
        env HOME=/home/deploy /bin/bash -ec "cd ~/app; $2"
}
fault_git_lock() { deploy_sh "$1" 'touch .git/index.lock'; }
heal_git_lock() { deploy_sh "$1" 'rm -f .git/index.lock'; }
fault_git_dirty() { deploy_sh "$1" 'echo "# edited by hand" >>compose.yaml'; }
heal_git_dirty() { deploy_sh "$1" 'git checkout -q -- compose.yaml'; }
fault_git_diverged() { deploy_sh "$1" 'git commit -q --allow-empty -m "made on the host"'; }
heal_git_diverged() { deploy_sh "$1" 'git fetch -q; git checkout -q -f -B main origin/main'; }

# Not `docker kill`: the engine would take that for a stop that was meant.
fault_app_crash() {
    local pid
    pid=$(in_host "$1" docker inspect -f '{{.State.Pid}}' labapp-web-1)
    in_host "$1" kill -KILL "$pid"
}
fault_app_unhealthy() { in_host "$1" docker exec labapp-web-1 rm /tmp/www/health; }
heal_app_unhealthy() { in_host "$1" docker exec labapp-web-1 sh -c 'echo ok >/tmp/www/health'; }

fault_port_taken() {
    in_host "$1" /bin/bash -ec '
        mkdir -p /run/port-taken
        setsid busybox httpd -f -p 8080 -h /run/port-taken >/dev/null 2>&1 </dev/null &
        sleep 0.3
        kill -0 $! || { echo "port 8080 is in use" >&2; exit 1; }
        echo $! >/run/port-taken.pid'
}
# shellcheck disable=SC2016
heal_port_taken() { in_host "$1" /bin/bash -c 'kill "$(cat /run/port-taken.pid)"'; }

secrets_of() { echo "/home/git/secrets/$1.env"; }
fault_secrets_changed() {
    in_host origin cp "$(secrets_of "$1")" "$(secrets_of "$1").good"
    in_host origin /bin/bash -c "echo ROTATED=1 >>$(secrets_of "$1")"
}
heal_secrets_changed() { in_host origin mv "$(secrets_of "$1").good" "$(secrets_of "$1")"; }
fault_secrets_missing() { in_host origin mv "$(secrets_of "$1")"{,.off}; }
heal_secrets_missing() { in_host origin mv "$(secrets_of "$1")"{.off,}; }

fault_snapshot_fail() { in_host "$1" touch /run/lab/snapshot-fail; }
heal_snapshot_fail() { in_host "$1" rm -f /run/lab/snapshot-fail; }
fault_snapshot_slow() { in_host "$1" /bin/bash -c "echo ${2:-30} >/run/lab/snapshot-slow"; }
heal_snapshot_slow() { in_host "$1" rm -f /run/lab/snapshot-slow; }
