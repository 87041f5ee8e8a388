#include "tests/simulate/machine.hpp"

#include "tests/simulate/network.hpp"
#include "tests/simulate/process.hpp"
#include "tests/simulate/world.hpp"

#include <algorithm>
#include <utility>

namespace baton::simulate {

namespace {
constexpr duration ran_before{3'600'000};
} // namespace

machine::machine(world& in, std::string name) : in_{in}, name_{std::move(name)} {
  boot_ = name_ + "-boot-0";
  booted_at_ = in_.clock.now() - ran_before;
}

duration machine::uptime() const {
  return in_.clock.now() - booted_at_;
}

bool machine::disk_is_full() const {
  return in_.clock.now() < disk_full_until_;
}

void machine::fill_disk(duration lasts) {
  in_.tell(name_, "its disk is full");
  note_trouble();
  disk_full_until_ = in_.clock.now() + lasts;
  in_.clock.after(lasts, [this] { note_trouble(); });
}

duration machine::troubled_at() const {
  return std::max({troubled_at_, unreachable_until_, stalled_until_, disk_full_until_});
}

void machine::note_trouble() {
  troubled_at_ = in_.clock.now();
}

void machine::reboot(duration down) {
  if (!up_)
    return;
  in_.tell(name_, "power is lost");
  up_ = false;
  note_trouble();
  // Nobody says goodbye.
  for (auto* one : std::set<connection*>{connections})
    one->lose(false);
  for (const auto& [attempt, one] : std::exchange(processes, {}))
    one->vanish();
  for (auto& [stack, one] : stacks) {
    one.processes.clear();
    note_serving(stack, "");
  }
  in_.clock.after(down, [this] { boot_up(); });
}

void machine::boot_up() {
  up_ = true;
  booted_at_ = in_.clock.now();
  boot_ = name_ + "-boot-" + std::to_string(++boots_);
  note_trouble();
  in_.tell(name_, "has booted");
  if (!starts_stacks_on_boot)
    return;
  for (auto& [stack, one] : stacks)
    if (!one.files.running.empty()) {
      one.processes[one.files.running] = in_.clock.now();
      note_serving(stack, "");
    }
}

machine_image machine::image() const {
  machine_image made;
  for (const auto& [stack, one] : stacks)
    made.stacks[stack] = one.files;
  made.secrets = secrets;
  made.saved_secrets = saved_secrets;
  made.put_back = put_back;
  if (const auto home = folders_.find(home_folder); home != folders_.end())
    made.home = home->second;
  return made;
}

void machine::rewind_to(const machine_image& that) {
  in_.tell(name_, "its files are those of the snapshot");
  for (const auto& [stack, files] : that.stacks)
    stacks[stack].files = files;
  secrets = that.secrets;
  saved_secrets = that.saved_secrets;
  put_back = that.put_back;
  folders_[home_folder] = that.home;
  note_trouble();
}

void machine::cut_connections(bool tells, duration unreachable_for) {
  in_.tell(name_, tells ? "its connections break" : "its connections fall silent");
  note_trouble();
  refuses_ = tells;
  for (auto* one : std::set<connection*>{connections})
    one->lose(tells);
  if (unreachable_for <= duration::zero())
    return;
  unreachable_until_ = std::max(unreachable_until_, in_.clock.now() + unreachable_for);
  in_.clock.after(unreachable_for, [this] {
    note_trouble();
    if (is_reachable())
      in_.tell(name_, "can be reached again");
  });
}

void machine::stall(duration lasts) {
  in_.tell(name_, "hangs");
  note_trouble();
  stalled_until_ = std::max(stalled_until_, in_.clock.now() + lasts);
  in_.clock.after(lasts, [this] { note_trouble(); });
}

bool machine::is_reachable() const {
  return up_ && in_.clock.now() >= unreachable_until_;
}

duration machine::heard_at(duration when) const {
  return std::max(when, stalled_until_);
}

void machine::note_serving(const std::string& stack, const std::string& by_run) {
  auto& one = stacks[stack];
  const auto now = one.serves();
  if (!one.history.empty() && one.history.back().serves == now && one.history.back().by == by_run)
    return;
  one.history.push_back({in_.clock.now(), now, by_run});
  in_.tell(name_, stack + " serves " + now);
}

} // namespace baton::simulate
