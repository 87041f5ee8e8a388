#!/bin/sh
# A template for `snapshot: {script: …}`: list | create NAME | rollback NAME | delete NAME, for a
# virtual machine under Proxmox. `delete` may be left out: Baton then keeps what it has made and says
# so. A rollback takes the whole machine back, so let it run outside of it (`on:` the Proxmox host).
#
#   snapshot: {script: ~/bin/snapshot.sh, on: pve, covers: stack, keep: 3}
#
# Only the exit status counts, and that `list` has NAME as a word after `create`. BATON_HOST is the
# host whose snapshot it is. No script is needed for what Baton knows itself: Proxmox (it waits for locks
# and reads how tasks ended, which this does not), btrfs, ZFS and thin LVM; docs/snapshots.md.
set -eu
vmid=${SNAPSHOT_VMID:-100}

case "${1-}/$#" in
list/1) exec qm listsnapshot "$vmid" ;;
create/2) exec qm snapshot "$vmid" "$2" --description "before a deployment by Baton" ;;
rollback/2) exec qm rollback "$vmid" "$2" --start 1 ;;
delete/2) exec qm delsnapshot "$vmid" "$2" ;;
esac
echo "usage: snapshot.sh list | create NAME | rollback NAME | delete NAME" >&2
exit 2
