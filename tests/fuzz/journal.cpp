// Rows of the journal: a record as JSON in each line. What can be read is written again, derived
// from, read back and folded.

#include "fuzz.hpp"
#include "world.hpp"

#include "messages/json.hpp"
#include "rules/run.hpp"
#include "runtime/journal/journal.hpp"
#include "runtime/journal/rows.hpp"

#include <stdexcept>
#include <vector>

namespace baton::fuzz {

namespace {

std::optional<record> read_row(std::string_view line) {
  static SQLite::Database db{":memory:"};
  static SQLite::Statement row{db, "SELECT 7, ?"};
  row.reset();
  bind_all(row, line);
  row.executeStep();
  try {
    auto made = record_of(row);
    must(made.seq == 7, "a record has its row's number");
    return made;
  } catch (const std::runtime_error& why) {
    must(std::string_view{why.what()}.starts_with("event 7 "), "what cannot be read has a number",
         why.what());
  }
  return std::nullopt;
}

std::string written(const record& one) {
  return dump(to_json(one));
}

template <class T>
const T& good(const expected<T>& answer) {
  must(answer.has_value(), "the journal answers", answer ? "" : describe(answer.error()));
  return *answer;
}

void keep(std::vector<record> records) {
  auto opened = journal::in_memory();
  must(opened.has_value(), "there is a journal in memory");
  auto& into = *opened;
  const auto numbers = good(into.append(records));
  const auto read = good(into.events_after(0, records.size() + 1));
  must(numbers.size() == records.size() && read.size() == records.size(),
       "all that was written is there");
  for (std::size_t i = 0; i < read.size(); ++i)
    must(read[i].seq == numbers[i] && written(read[i]) == written(records[i]),
         "a record is read as it was written", written(records[i]));
  good(into.verify());
  good(into.runs());
  good(into.waiting_messages("lab"));
  good(into.lost_messages("lab"));
  good(into.open_attention("lab"));
  good(into.channels("lab"));
  const auto rows = good(into.derived_rows());
  must(into.rebuild().has_value(), "what is derived can be made anew");
  must(good(into.derived_rows()) == rows, "what is derived follows from the events alone");
}

/// Records that fit nothing change nothing: whatever they say, the run can still be asked.
void replay(const std::vector<record>& records) {
  static const auto world = made_world();
  auto now = begin(world.plan);
  for (const auto& one : records) {
    now = fold(world.plan, std::move(now), one);
    next(world.plan, now, one.at, 0.5);
  }
  const auto result = verdict(world.plan, now, {});
  must(!dump(to_json(result)).empty(), "a run has a verdict");
}

} // namespace

} // namespace baton::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton;
  std::vector<record> records;
  for (auto text = fuzz::text_of(data, size); !text.empty();)
    if (auto one = fuzz::read_row(fuzz::take_until(text, "\n"))) {
      const auto text_of_it = fuzz::written(*one);
      fuzz::must(fuzz::written(record_from_json(json::parse(text_of_it))) == text_of_it,
                 "a record comes back from its JSON as it was", text_of_it);
      records.push_back(*std::move(one));
    }
  if (records.empty())
    return 0;
  fuzz::replay(records);
  fuzz::keep(std::move(records));
  return 0;
}
