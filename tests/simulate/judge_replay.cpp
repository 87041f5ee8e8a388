#include "messages/json.hpp"
#include "rules/run.hpp"
#include "tests/simulate/evidence.hpp"

/// The journal alone tells the same run again.

namespace baton::simulate {

void judge_replay(world& in, evidence& by) {
  const auto& read = in.reads_what_is_written()
                         ? in.controllers.at(by.run().controller)->journal().read_again(by.of().run)
                         : by.journal();
  if (read.size() != by.journal().size() || read.empty())
    return;
  const auto* first = std::get_if<event::run_requested>(&read.front().what);
  const auto* last = std::get_if<event::run_finished>(&read.back().what);
  if (!first || !last) {
    by.broken("the journal replays: it has no beginning, or no end");
    return;
  }
  const auto& of = *first->plan;
  auto now = begin(of);
  for (std::size_t nth = 0; nth + 1 < read.size(); ++nth)
    now = fold(of, std::move(now), read[nth]);
  const auto told = to_json(by.told());
  if (to_json(verdict(of, now, read.back().at)) != told)
    by.broken("the journal replays to the same state: its verdict is another one");
  if (last->result != by.run().told && to_json(*last->result) != told)
    by.broken("the journal holds the verdict that was told");
}

} // namespace baton::simulate
