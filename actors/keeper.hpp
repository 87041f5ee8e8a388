#pragma once

#include "messages/actors.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace baton {

/// Where records become durable. Implemented over runtime/journal; by a vector in tests.
class record_store {
public:
  record_store() = default;
  record_store(const record_store&) = delete;
  record_store& operator=(const record_store&) = delete;
  virtual ~record_store() = default;

  /// All records or none, durable at return; fills their numbers.
  virtual expected<void> append(std::vector<record>& records) = 0;

  /// How many records of a run are durable.
  virtual expected<std::size_t> count(const std::string& run) = 0;

  /// The durable records of a run, in order.
  virtual expected<std::vector<record>> read(const std::string& run) = 0;
};

struct keeper_state {
  static inline const char* name = "keeper";
  std::shared_ptr<record_store> store;
  std::vector<listener_actor> listeners;
};

/// Blocks in the store: spawn it detached.
keeper_actor::behavior_type keeper(keeper_actor::stateful_pointer<keeper_state> self,
                                   std::shared_ptr<record_store> store,
                                   std::vector<listener_actor> listeners);

} // namespace baton
