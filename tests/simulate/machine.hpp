#pragma once

#include "tests/simulate/serving.hpp"
#include "tests/simulate/state_folder.hpp"
#include "tests/simulate/step_script.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace baton::simulate {

struct world;
class connection;

/// What a snapshot of a machine holds.
struct machine_image {
  std::map<std::string, stack_files> stacks;
  std::string secrets;
  std::map<std::string, std::string> saved_secrets;
  std::set<std::string> put_back;
  state_folder home;
};

/// One simulated machine: a host, or a controller. It goes on while nobody is connected to it.
class machine {
public:
  machine(world& in, std::string name);

  const std::string& name() const { return name_; }
  const std::string& boot() const { return boot_; }
  bool is_up() const { return up_; }
  duration uptime() const;

  /// What lies there is made when it is first asked for.
  state_folder& folder(const std::string& path) { return folders_[path]; }
  std::map<std::string, state_folder>& folders() { return folders_; }

  bool disk_is_full() const;
  void fill_disk(duration lasts);

  /// Power is gone and comes back: nothing that ran runs on, nobody is told.
  void reboot(duration down);
  /// Its files are what they were when the snapshot was made; what runs goes on, unless it boots.
  machine_image image() const;
  void rewind_to(const machine_image& that);

  // The network in front of it.
  void cut_connections(bool tells, duration unreachable_for);
  void stall(duration lasts);
  bool is_reachable() const;
  /// When what is sent to it now is heard, given that it would be at `when`.
  duration heard_at(duration when) const;
  bool refuses_quickly() const { return refuses_; }
  /// The last moment at which somebody who asked may not have been answered.
  duration troubled_at() const;
  void note_trouble();

  /// After its processes have changed: says so, and remembers who did it.
  void note_serving(const std::string& stack, const std::string& by_run);

  std::map<std::string, simulated_stack> stacks;
  std::string secrets = "old";
  std::map<std::string, std::string> saved_secrets; ///< by run
  std::set<std::string> put_back;                   ///< runs whose copies are back
  std::map<std::string, machine_image> snapshots;   ///< of this machine, by name
  bool starts_stacks_on_boot = true;
  bool reboots_when_rewound = false;

  std::set<connection*> connections;
  std::map<std::string, std::shared_ptr<process>> processes; ///< by attempt; those that live

private:
  void boot_up();

  world& in_;
  std::string name_, boot_;
  bool up_ = true;
  bool refuses_ = true;
  int boots_ = 0;
  duration booted_at_{0}, disk_full_until_{0}, unreachable_until_{0}, stalled_until_{0};
  duration troubled_at_{0};
  std::map<std::string, state_folder> folders_;
};

/// Where a machine keeps Baton's folder unless it is told otherwise.
inline constexpr const char* home_folder = "/home/user/.local/state/baton";

} // namespace baton::simulate
