#include "tests/simulate/control_server.hpp"
#include "tests/simulate/machine.hpp"
#include "tests/simulate/world.hpp"

#include "runtime/steps/step_name.hpp"

#include <charconv>

/// What control_lease.sh does.

namespace baton::simulate {

namespace {

constexpr auto no_space = "the lease cannot be written: no space left on device";

std::uint64_t fence_of(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

} // namespace

void control_server::beat() {
  auto& here = folder();
  here.beat = on_.uptime();
  here.beat_boot = on_.boot();
}

void control_server::say_held(const request& to, const lease_file& whose) {
  const auto& here = folder();
  const auto up = on_.uptime().count() / 1000;
  const bool same_boot = here.beat && here.beat_boot == on_.boot();
  const auto age = same_boot ? up - here.beat->count() / 1000 : 0;
  answer(to,
         "ok held " + std::to_string(here.fence) + ' ' + whose.run + ' '
             + (same_boot ? std::to_string(age) : "-") + (same_boot ? " 1 " : " 0 ")
             + std::to_string(same_boot ? age : up),
         whose.owner);
}

void control_server::say_mine(const request& to) {
  std::string lines;
  for (const auto& [run, owner] : folder().to_end)
    lines += run + ' ' + owner + '\n';
  answer(to, "ok mine " + std::to_string(folder().fence), lines);
}

bool control_server::may_be_asked_for(const request& what, const std::string& run,
                                      const char* step) {
  if (path_ != home_folder || in_.has_begun(decode_word(run), on_.name(), step))
    return true;
  in_.break_promise(on_.name() + " is asked to " + what.operation + " the lease of run " + run
                    + ", and the journal does not know of it");
  return true;
}

void control_server::acquire(const request& what) {
  auto& here = folder();
  const auto& run = what.arguments[0];
  const auto least = fence_of(what.arguments[1]);
  may_be_asked_for(what, run, "lease");
  const bool again = what.operation == "acquire" && what.arguments[2] == "again";
  if (again && (!here.lease || here.lease->run != run)) {
    refuse(what, "stale", "the lease is no longer that of run " + run);
    return;
  }
  if (here.lease && here.lease->run != run) {
    say_held(what, {here.lease->run, here.owner()});
    return;
  }
  if (here.lease) {
    here.fence = std::max(here.fence, least);
    beat();
    say_mine(what);
    return;
  }
  here.fence = std::max(here.fence + 1, least);
  if (on_.disk_is_full()) {
    refuse(what, "nospace", no_space);
    return;
  }
  here.now_by.clear();
  here.lease = lease_file{run, what.payload};
  beat();
  if (path_ == home_folder)
    in_.tell(on_.name(), "is leased to " + run + ", fence " + std::to_string(here.fence));
  say_mine(what);
}

void control_server::take_over(const request& what) {
  auto& here = folder();
  const auto up = on_.uptime().count() / 1000;
  const bool same_boot = here.beat && here.beat_boot == on_.boot();
  const auto silent = same_boot ? up - here.beat->count() / 1000 : up;
  const bool is_meant = here.lease && here.lease->run == what.arguments[2]
                        && here.fence == fence_of(what.arguments[3])
                        && silent >= static_cast<std::int64_t>(fence_of(what.arguments[4]));
  if (is_meant) {
    in_.tell(on_.name(), "is taken from " + here.lease->run);
    in_.judge_taking(on_, here.lease->run, here.owner(), duration{silent * 1000});
    here.give_up(here.lease->run);
  }
  acquire(what);
}

void control_server::heartbeat(const request& what) {
  auto& here = folder();
  const auto& run = what.arguments[0];
  if (here.fence != fence_of(what.arguments[1]) || !here.lease || here.lease->run != run) {
    refuse(what, "stale", "the lease is no longer that of run " + run);
    return;
  }
  beat();
  if (!what.payload.empty() && !on_.disk_is_full())
    here.now_by[run] = what.payload;
  answer(what, "ok");
}

void control_server::release(const request& what) {
  auto& here = folder();
  may_be_asked_for(what, what.arguments[0], "release_lease");
  if (here.lease && here.lease->run != what.arguments[0]) {
    refuse(what, "stale", "the lease belongs to run " + here.lease->run);
    return;
  }
  if (here.lease) {
    here.give_up({});
    if (path_ == home_folder)
      in_.tell(on_.name(), "is released by " + what.arguments[0]);
  }
  answer(what, "ok");
}

void control_server::ended(const request& what) {
  auto& here = folder();
  if (here.fence != fence_of(what.arguments[1])) {
    refuse(what, "stale", "the fence of this host is no longer " + what.arguments[1]);
    return;
  }
  here.to_end.erase(what.arguments[2]);
  answer(what, "ok");
}

void control_server::take_by_force(const request& what) {
  auto& here = folder();
  const auto whose = here.lease ? lease_file{here.lease->run, here.owner()} : lease_file{"-", {}};
  here.give_up(here.lease ? here.lease->run : std::string{});
  say_held(what, whose);
}

void control_server::show(const request& what) {
  const auto& here = folder();
  say_held(what, here.lease ? lease_file{here.lease->run, here.owner()} : lease_file{"-", {}});
}

} // namespace baton::simulate
