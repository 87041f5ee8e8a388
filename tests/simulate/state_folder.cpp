#include "tests/simulate/state_folder.hpp"

namespace baton::simulate {

void state_folder::give_up(const std::string& old_run) {
  ++fence;
  if (!old_run.empty() && lease)
    to_end[old_run] = lease->owner;
  lease.reset();
  beat.reset();
  now_by.clear();
}

const std::string& state_folder::owner() const {
  const auto goes_on = now_by.find(lease->run);
  return goes_on == now_by.end() ? lease->owner : goes_on->second;
}

} // namespace baton::simulate
