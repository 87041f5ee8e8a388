#include "actors/keeper.hpp"

#include <utility>

namespace baton {

namespace {

/// Writes what of the batch is not durable yet. A batch can come twice: a keeper that died between
/// its commit and its answer is replaced, and asked again.
expected<void> write(record_store& store, std::size_t known, std::vector<record>& records) {
  if (records.empty())
    return {};
  auto durable = store.count(records.front().run);
  if (!durable)
    return tl::unexpected<error>{durable.error()};
  if (*durable == known)
    return store.append(records);
  if (*durable == known + records.size())
    return {};
  return unexpected(ec::journal_failed, "the journal holds other records of run "
                                            + records.front().run + " than this process wrote");
}

} // namespace

keeper_actor::behavior_type keeper(keeper_actor::stateful_pointer<keeper_state> self,
                                   std::shared_ptr<record_store> store,
                                   std::vector<listener_actor> listeners) {
  self->state.store = std::move(store);
  self->state.listeners = std::move(listeners);
  return {
      [self](const journal_batch& batch) -> journal_answer {
        auto records = std::make_shared<std::vector<record>>(*batch.records);
        if (auto done = write(*self->state.store, batch.known, *records); !done)
          return {nullptr, std::make_shared<const error>(done.error())};
        for (const auto& listener : self->state.listeners)
          self->send(listener, record_note{records});
        return {std::move(records), nullptr};
      },
  };
}

} // namespace baton
