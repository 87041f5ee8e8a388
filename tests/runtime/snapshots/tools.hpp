#pragma once

#include "tests/runtime/snapshots/btrfs_image.hpp"
#include "tests/runtime/snapshots/snapshot_fixture.hpp"

#include <memory>

namespace baton {

/// What a driver works with, for the tests that every driver must pass: the real tool where this
/// machine has it, else its stand-in.
class snapshot_tool {
public:
  explicit snapshot_tool(snapshot_rig& rig) : rig_(rig) {}
  virtual ~snapshot_tool() = default;

  virtual std::string why_not() const { return {}; }
  virtual std::filesystem::path data() const = 0; ///< what is snapshotted
  /// Somebody makes one, with the tool itself.
  virtual void make(const std::string& name) = 0;
  virtual std::vector<std::string> names() = 0;
  virtual bool take_tool_away() = 0;    ///< false: it is in a folder that is always looked into
  virtual void take_thing_away() = 0;   ///< what the policy names is not there
  virtual void break_delete() = 0;      ///< of what is there now
  virtual bool fill() { return false; } ///< hardly any room is left; false where nobody can tell

protected:
  snapshot_rig& rig_;
};

/// `script`, `btrfs`, `proxmox`, `proxmox_container`, `zfs`, `lvm`. Sets the policy of the rig.
std::unique_ptr<snapshot_tool> make_snapshot_tool(const std::string& driver, snapshot_rig& rig);

/// The first state of the stand-ins.
void make_proxmox(snapshot_rig& rig, const std::filesystem::path& disk, const std::string& kind);
void make_zfs(snapshot_rig& rig, const std::filesystem::path& data);
void make_lvm(snapshot_rig& rig, const std::filesystem::path& data);

} // namespace baton
