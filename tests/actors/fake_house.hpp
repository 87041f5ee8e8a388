#pragma once

#include "actors/keeper.hpp"
#include "actors/supervisor.hpp"
#include "rules/plan.hpp"
#include "tests/support/actor_test.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace baton {

/// A journal in memory that can be told to fail.
class memory_store : public record_store {
public:
  expected<void> append(std::vector<record>& batch) override {
    if (is_full || (refuses && std::any_of(batch.begin(), batch.end(), refuses)))
      return unexpected(ec::journal_failed, "no space left on device");
    for (auto& one : batch) {
      one.seq = records.size() + 1;
      records.push_back(one);
    }
    return {};
  }
  expected<std::size_t> count(const std::string&) override { return records.size(); }
  expected<std::vector<record>> read(const std::string&) override { return records; }

  bool is_full = false;
  std::function<bool(const record&)> refuses; ///< a batch with such a record
  std::vector<record> records;
};

/// Hosts that are only a table: what each step's outcome is, and what runs on each unit.
struct fake_world {
  /// By `phase/unit/kind`: how it fails; asked at each attempt.
  std::function<std::optional<error>(const work_order&)> fails;
  /// Steps that never answer, by kind.
  std::function<bool(const work_order&)> hangs;
  /// Heard before a step has its effect.
  std::function<void(const work_order&)> on_effect;
  std::map<std::string, std::string> runs; ///< release by unit; "old" at the start
  std::vector<std::string> done;           ///< step ids, in order
  std::vector<std::string> stopped;
  std::vector<caf::actor> hosts;  ///< all that were spawned
  std::vector<caf::actor> phases; ///< phase actors that have asked for a host, the last one last
  std::map<std::string, std::vector<caf::typed_response_promise<work_answer>>> hanging;
};

/// The plan of the three machines.
std::shared_ptr<const plan> three_machine_plan();

/// A registry whose hosts are fakes over `world`.
registry_actor::behavior_type fake_registry(registry_actor::pointer self,
                                            std::shared_ptr<fake_world> world);

} // namespace baton
