#include "actors/listener.hpp"

#include <exception>
#include <utility>

namespace baton {

namespace {

template <class Call>
void tell(listener_state& state, Call call) {
  if (!state.hears)
    return;
  try {
    call(*state.hears);
  } catch (const std::exception&) {
    state.hears.reset();
  }
}

} // namespace

listener_actor::behavior_type listener(listener_actor::stateful_pointer<listener_state> self,
                                       std::shared_ptr<observer> hears) {
  self->state.hears = std::move(hears);
  return {
      [self](const record_note& note) {
        for (const auto& what : *note.records)
          tell(self->state, [&](observer& to) { to.on_record(what); });
      },
      [self](const output_note& note) {
        tell(self->state, [&](observer& to) { to.on_output(note); });
      },
      [](const ask_drained&) { return ask_drained{}; },
  };
}

} // namespace baton
